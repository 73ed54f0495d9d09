#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <map>

#include "monitor/look.hpp"
#include "remote/memory_file_system.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A listing that fails after the first entries, while `broken` says so.
class Unreliable final : public test::AwkwardFileSystem {
  public:
    Unreliable(std::unique_ptr<FileSystem> inner, const std::string& broken, std::function<void()> on_list)
        : AwkwardFileSystem(std::move(inner)), broken_(broken), on_list_(std::move(on_list)) {}
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override {
        on_list_();
        if (path == broken_) throw Error(ErrorCode::permission_denied, "Not for you.").on(std::string(path));
        co_return co_await AwkwardFileSystem::list(path);
    }

  private:
    const std::string& broken_;
    std::function<void()> on_list_;
};

class Looks : public ::testing::Test {
  protected:
    Looks() { reopen(); }

    /// As after a restart: only what is on the disk is left.
    void reopen() {
        store_.reset();
        store_ = store::open((folder_ / "fairlead.db").string());
        store_->events().subscribe("test", "m");
    }

    LookResult look() { return std::move(look({&watched_, 1}).front()); }

    std::vector<LookResult> look(std::span<const Watched> watched) {
        clock_ += 60s;
        const auto task = [&]() -> awaitable<std::vector<LookResult>> {
            transfer::Sessions sessions(co_await boost::asio::this_coro::executor, opener(), 1);
            LookSettings settings;
            settings.with_store = [this](std::function<void(store::Store&)> work) -> awaitable<void> {
                work(*store_);
                co_return;
            };
            settings.now = [this] { return clock_; };
            co_return co_await monitor::look(sessions, scene_, watched, std::move(settings));
        };
        return loop_.run(task());
    }

    transfer::Sessions::Opener opener() {
        return [this]() -> awaitable<std::shared_ptr<FileSystem>> {
            const auto listing = [this] {
                ++listed_;
                if (on_list_) on_list_();
            };
            co_return std::make_shared<Unreliable>(std::make_unique<MemoryFileSystem>(files_), broken_, listing);
        };
    }

    /// The events that are there, as "created /in/a"; told, unless the process dies before.
    std::vector<std::string> events(bool tell = true) {
        std::vector<std::string> lines;
        const auto found = store_->events().pending("test", 10'000);
        for (const auto& event : found) {
            lines.push_back(fmt::format("{} {}{}", catalog::to_string(event.change), event.path,
                                        event.previous_path.empty() ? "" : " from " + event.previous_path));
            ids_[event.id] += 1;
        }
        if (tell && !found.empty()) store_->events().advance("test", found.back().sequence);
        return lines;
    }

    void put(const std::string& path, const std::string& content, std::chrono::seconds modified = 0s) {
        files_->put(path, content, Time(1'700'000'000'000ms + modified));
    }
    void remove(const std::string& path) {
        MemoryFileSystem files(files_);
        loop_.run(files.remove(path));
    }
    void rename(const std::string& from, const std::string& to) {
        MemoryFileSystem files(files_);
        loop_.run(files.rename(from, to, false));
    }

    test::TemporaryFolder folder_;
    test::Loop loop_;
    std::shared_ptr<MemoryStore> files_ = std::make_shared<MemoryStore>();
    std::unique_ptr<store::Store> store_;
    Scene scene_{"/in", 10};
    Watched watched_{"m", {}, {.size = true}};
    std::string broken_;
    Time clock_{1'800'000'000'000ms};
    std::map<std::string, int> ids_;
    unsigned listed_ = 0;
    std::function<void()> on_list_;
};

TEST_F(Looks, tell_what_came_changed_and_went_since_the_first_one) {
    put("/in/a", "1");
    put("/in/b", "2");
    look();
    EXPECT_THAT(events(), IsEmpty());
    put("/in/c", "333");
    put("/in/a", "11");
    remove("/in/b");
    look();
    EXPECT_THAT(events(), UnorderedElementsAre("created /in/c", "modified /in/a", "deleted /in/b"));
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, find_the_first_file_of_an_empty_directory) {
    files_->make_directories("/in");
    look();
    put("/in/first", "1");
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/first"));
}

TEST_F(Looks, find_what_changed_while_nothing_was_running) {
    put("/in/a", "1");
    look();
    put("/in/b", "2");
    reopen();
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/b"));
}

TEST_F(Looks, keep_an_event_with_its_id_until_it_is_told) {
    files_->make_directories("/in");
    look();
    put("/in/a", "1");
    look();
    EXPECT_THAT(events(false), ElementsAre("created /in/a"));
    reopen();
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/a"));
    EXPECT_THAT(ids_, ElementsAre(::testing::Pair(::testing::_, 2)));
}

TEST_F(Looks, conclude_nothing_from_a_directory_that_could_not_be_listed) {  // landmine 134
    put("/in/sub/a", "1");
    put("/in/b", "1");
    look();
    broken_ = "/in/sub";
    put("/in/c", "1");
    EXPECT_EQ(look().problems.size(), 1u);
    EXPECT_THAT(events(), ElementsAre("created /in/c"));
    broken_.clear();
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, do_not_take_half_a_first_look_for_a_baseline) {
    put("/in/sub/a", "1");
    put("/in/b", "1");
    broken_ = "/in/sub";
    look();
    broken_.clear();
    put("/in/b", "22");
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, tell_a_rename_where_there_is_no_doubt) {
    put("/in/a.part", "content", 5s);
    look();
    rename("/in/a.part", "/in/a.csv");
    look();
    EXPECT_THAT(events(), ElementsAre("renamed /in/a.csv from /in/a.part"));
    put("/in/twin", "content", 5s);
    look();
    events();
    rename("/in/a.csv", "/in/x");
    rename("/in/twin", "/in/y");
    look();
    EXPECT_EQ(events().size(), 4u);
}

TEST_F(Looks, wait_until_a_file_has_settled) {
    files_->make_directories("/in");
    watched_.rules.settling.looks = 1;
    look();
    put("/in/a", "1");
    EXPECT_EQ(look().waiting, 1u);
    put("/in/a", "12");
    const auto growing = look();
    ASSERT_EQ(growing.why.size(), 1u);
    EXPECT_EQ(growing.why.front().first, "/in/a");
    EXPECT_THAT(events(), IsEmpty());
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/a"));
}

TEST_F(Looks, wait_for_a_marker_of_which_nothing_is_told) {
    files_->make_directories("/in");
    watched_.filter.include.emplace_back("*.csv");
    watched_.rules.settling.marker = "{name}.done";
    look();
    put("/in/a.csv", "1");
    look();
    EXPECT_THAT(events(), IsEmpty());
    put("/in/a.csv.done", "");
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/a.csv"));
    remove("/in/a.csv.done");
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, at_one_file_tell_of_its_end_and_its_return) {
    put("/in/a", "1");
    scene_.path = "/in/a";
    look();
    remove("/in/a");
    EXPECT_TRUE(look().missing);
    EXPECT_THAT(events(), ElementsAre("deleted /in/a"));
    put("/in/a", "1");
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/a"));
}

TEST_F(Looks, do_not_conclude_that_all_is_deleted_when_the_directory_itself_is_gone) {
    put("/in/a", "1");
    put("/in/b", "1");
    look();
    rename("/in", "/elsewhere");
    EXPECT_EQ(look().failure->code, ErrorCode::not_found);
    rename("/elsewhere", "/in");
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, do_not_take_a_file_that_grew_too_large_for_deleted) {
    put("/in/a", "1");
    watched_.filter.max_size = 2;
    look();
    put("/in/a", "1234");
    look();
    EXPECT_THAT(events(), IsEmpty());
    put("/in/a", "12");
    look();
    EXPECT_THAT(events(), ElementsAre("modified /in/a"));
    put("/in/large", "12345");
    look();
    remove("/in/large");
    look();
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Looks, with_one_listing_tell_each_what_it_asked_for) {
    put("/in/old.csv", "1");
    auto rules = watched_.rules;
    rules.everything_is_new = true;
    transfer::Filter csv, no_sub;
    csv.include.emplace_back("*.csv");
    no_sub.exclude.emplace_back("sub");
    put("/in/sub/x.csv", "1");
    put("/in/b.txt", "1");
    const std::vector<Watched> all{{"m", {}, {}}, {"csv", csv, rules}, {"top", no_sub, rules}};
    store_->events().subscribe("csv", "csv");
    store_->events().subscribe("top", "top");
    listed_ = 0;
    look(all);
    EXPECT_EQ(listed_, 2u);  // /in and /in/sub, once each
    EXPECT_THAT(events(), IsEmpty());
    const auto paths = [&](const char* consumer) {
        std::vector<std::string> found;
        for (const auto& event : store_->events().pending(consumer, 10))
            found.push_back(event.path);
        return found;
    };
    EXPECT_THAT(paths("csv"), UnorderedElementsAre("/in/old.csv", "/in/sub/x.csv"));
    EXPECT_THAT(paths("top"), UnorderedElementsAre("/in/old.csv", "/in/b.txt"));
}

TEST_F(Looks, that_were_overtaken_by_another_conclude_nothing) {
    put("/in/a", "1");
    look();
    put("/in/b", "1");
    on_list_ = [this] { store_->monitors().begin_look("m", {}); };
    EXPECT_EQ(look().failure->code, ErrorCode::conflict);
    on_list_ = {};
    EXPECT_THAT(events(), IsEmpty());
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/b"));
}

TEST_F(Looks, at_more_files_than_a_page_holds_miss_none) {
    files_->make_directories("/in");
    look();
    for (int i = 0; i < 1'700; ++i)
        put(fmt::format("/in/{:05}", i), "x");
    look();
    EXPECT_EQ(events().size(), 1'700u);
    for (int i = 0; i < 1'700; i += 2)
        remove(fmt::format("/in/{:05}", i));
    look();
    EXPECT_EQ(events().size(), 850u);
}

TEST_F(Looks, record_only_what_is_new_and_find_what_went_among_the_rest) {
    for (int i = 0; i < 1'100; ++i)
        put(fmt::format("/in/{:04}", i), "1");
    look();
    put("/in/0007", "22", 5s);
    rename("/in/0008", "/in/sub");
    remove("/in/1050");
    const auto number = look().look;
    EXPECT_THAT(events(), UnorderedElementsAre("modified /in/0007", "renamed /in/sub from /in/0008", "deleted /in/1050"));
    std::vector<std::string> recorded;
    for (const auto& state : store_->monitors().files("m", "", 2'000))
        if (state.look == number) recorded.push_back(state.path);
    EXPECT_THAT(recorded, ElementsAre("/in/0007", "/in/sub"));
    EXPECT_EQ(look().events, 0u);
}

TEST_F(Looks, after_a_reset_give_no_id_twice) {
    watched_.rules.everything_is_new = true;
    put("/in/a", "1");
    look();
    events();
    store_->monitors().reset("m");
    look();
    EXPECT_THAT(events(), ElementsAre("created /in/a"));
    EXPECT_EQ(ids_.size(), 2u);
}

}  // namespace
}  // namespace fairlead::monitor
