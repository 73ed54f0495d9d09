// What a RunTrace gives to be recorded: all of it once, whole lines, within its bound.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "service/run_trace.hpp"

namespace fairlead::service {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RunTrace, tells_who_said_what_and_passes_it_on) {
    struct Heard final : Observer {
        void sent(std::string_view line) override { lines += std::string(line) + "\n"; }
        std::string lines;
    } heard;
    const auto trace = std::make_shared<RunTrace>();
    const auto observer = RunTrace::observer(trace, "partner", &heard);
    EXPECT_FALSE(trace->has_news());
    observer->sent("NOOP");
    observer->received("200 a\x1b[31mred");
    const auto news = trace->news(0);
    EXPECT_THAT(news, HasSubstr(" partner > NOOP\n"));
    EXPECT_THAT(news, HasSubstr(" partner < 200 a"));
    EXPECT_EQ(news.find('\x1b'), std::string::npos);
    EXPECT_EQ(heard.lines, "NOOP\n");
    EXPECT_EQ(trace->news(0), news) << "what could not be written down is given again";
    observer->sent("QUIT");
    trace->written(news);
    EXPECT_THAT(trace->news(news.size()), EndsWith(" partner > QUIT\n"));
}

TEST(RunTrace, ends_at_its_bound_and_says_so) {
    RunTrace trace;
    const std::string line(900, 'x');
    for (int i = 0; i < 3000; ++i)
        trace.add("p", '<', line);
    constexpr std::uint64_t kRecorded = 512 * 1024;
    const auto news = trace.news(kRecorded);
    EXPECT_LT(kRecorded + news.size(), 1024u * 1024 + 100);
    EXPECT_GT(kRecorded + news.size(), 1024u * 1024 - 1000);
    EXPECT_THAT(news, EndsWith("x\n* The trace ends here: it is longer than 1 MiB.\n"));
    trace.written(news);
    trace.add("p", '<', line);
    EXPECT_FALSE(trace.has_news());
    EXPECT_THAT(trace.news(kRecorded + news.size()), IsEmpty());
}

}  // namespace
}  // namespace fairlead::service
