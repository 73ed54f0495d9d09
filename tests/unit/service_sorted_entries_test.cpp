#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "service/sorted_entries.hpp"
#include "support/run.hpp"

namespace fairlead::service {
namespace {

Entry entry(std::mt19937& random, int number) {
    Entry made;
    made.name = std::string(1 + random() % 40, static_cast<char>(random() % 256)) + std::to_string(number);
    made.path = "/in/" + made.name;
    made.type = static_cast<EntryType>(random() % 4);
    if (random() % 3 != 0) made.size = random() % 5;
    if (random() % 3 != 0) made.modified = Time(std::chrono::milliseconds(random() % 7));
    made.modified_precision = static_cast<TimePrecision>(random() % 4);
    if (random() % 2 != 0) made.mode = random() % 07777;
    if (random() % 2 != 0) made.owner = std::string(random() % 3, 'o');
    if (random() % 2 != 0) made.group = "g";
    if (made.type == EntryType::symlink) made.target = "../" + made.name;
    return made;
}

std::string whole(const Entry& one) {
    const auto text = [](const auto& value) { return value ? *value : std::string("-"); };
    return one.name + '|' + one.path + '|' + std::string(to_string(one.type)) + '|' +
           (one.size ? std::to_string(*one.size) : "-") + '|' +
           (one.modified ? std::to_string(one.modified->time_since_epoch().count()) : "-") + '|' +
           std::string(to_string(one.modified_precision)) + '|' + (one.mode ? std::to_string(*one.mode) : "-") + '|' +
           text(one.owner) + '|' + text(one.group) + '|' + text(one.target);
}

std::vector<std::string> sorted(const std::vector<Entry>& entries, const std::vector<SortKey>& sort, std::size_t held) {
    test::Loop loop;
    std::vector<std::string> all;
    loop.run([](const std::vector<Entry>& given, const std::vector<SortKey>& by, std::size_t most,
                std::vector<std::string>& seen) -> awaitable<void> {
        SortedEntries sorting(by, most);
        for (const auto& one : given)
            co_await sorting.add(one);
        std::function<awaitable<void>(const Entry&)> visit = [&](const Entry& one) -> awaitable<void> {
            seen.push_back(whole(one));
            co_return;
        };
        co_await sorting.give(std::move(visit));
    }(entries, sort, held, all));
    return all;
}

TEST(SortedEntries, gives_all_of_them_whole_and_in_order_however_few_it_holds) {
    std::mt19937 random(5);
    for (const std::string by : {"name", "-size,type", "modified,-name", "path"})
        for (const std::size_t count : {0U, 1U, 9U, 10U, 11U, 1000U}) {
            std::vector<Entry> entries;
            for (std::size_t i = 0; i < count; ++i)
                entries.push_back(entry(random, static_cast<int>(i)));
            const auto sort = parse_sort(by);
            auto expected = entries;
            std::ranges::sort(expected, [&](const Entry& a, const Entry& b) { return comes_before(a, b, sort); });
            std::vector<std::string> texts;
            for (const auto& one : expected)
                texts.push_back(whole(one));
            EXPECT_EQ(sorted(entries, sort, 10), texts) << by << ' ' << count;
            EXPECT_EQ(sorted(entries, sort, 100'000), texts) << by << ' ' << count;
        }
}

}  // namespace
}  // namespace fairlead::service
