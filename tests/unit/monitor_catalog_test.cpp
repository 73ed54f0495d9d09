#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <limits>

#include "catalog/monitor.hpp"

namespace fairlead::catalog {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Monitor read(const char* text, std::vector<std::string>& wrong, Monitor base = {}) {
    std::vector<Fault> faults;
    auto monitor = apply(std::move(base), boost::json::parse(text).as_object(), faults);
    monitor.name = "m";
    for (auto& fault : validate(monitor))
        faults.push_back(fault);
    wrong.clear();
    for (const auto& fault : faults)
        wrong.push_back(fault.field);
    return monitor;
}

TEST(AMonitor, is_read_from_json_and_stays_the_same_as_a_resource) {
    std::vector<std::string> wrong;
    auto monitor = read(R"({"connection":"p","path":"/in","recursive":true,"include":["*.csv"],"interval":"5m",
        "settleLooks":"2","minSize":"10K","webhookUrl":"https://h/x","contentLimit":100})",
                        wrong);
    EXPECT_THAT(wrong, IsEmpty());
    EXPECT_EQ(monitor.interval, 300s);
    EXPECT_EQ(monitor.settle_looks, 2);
    EXPECT_EQ(monitor.min_size, 10240u);
    EXPECT_EQ(monitor.levels(), std::numeric_limits<unsigned>::max());
    monitor.sealed["webhookSecret"] = "sealed";
    const auto again = monitor_of(resource_of(monitor));
    EXPECT_EQ(to_json(again), to_json(monitor));
    EXPECT_EQ(again.sealed, monitor.sealed);
    EXPECT_THAT(resource_of(monitor).references, ElementsAre(Reference{Kind::connection, "p"}));
    EXPECT_EQ(read(R"({"interval":null})", wrong, monitor).interval, Monitor{}.interval);
}

TEST(AMonitor, says_everything_that_is_wrong_with_it) {
    std::vector<std::string> wrong;
    read(R"({"path":"a\nb","interval":"0","changes":["owner"],"regex":"(","include":["["],"marker":"done",
        "webhookUrl":"https://u:p@h/","settleLooks":-1,"nonsense":1,"firstLook":"x"})",
         wrong);
    EXPECT_THAT(wrong, UnorderedElementsAre("connection", "path", "interval", "changes", "regex", "include", "marker",
                                            "webhookUrl", "settleLooks", "nonsense", "firstLook"));
}

TEST(AMonitor, that_watches_something_else_knows_nothing_of_it) {
    std::vector<std::string> wrong;
    const auto before = read(R"({"connection":"p","path":"/in"})", wrong);
    EXPECT_FALSE(sees_otherwise(before, read(R"({"interval":"1h","connection":"P"})", wrong, before)));
    EXPECT_TRUE(sees_otherwise(before, read(R"({"path":"/out"})", wrong, before)));
    EXPECT_TRUE(sees_otherwise(before, read(R"({"recursive":true})", wrong, before)));
    EXPECT_TRUE(sees_otherwise(before, read(R"({"exclude":["*.tmp"]})", wrong, before)));
}

}  // namespace
}  // namespace fairlead::catalog
