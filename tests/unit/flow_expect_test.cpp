// Windows of expectations, and what is missing in them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/quantity.hpp"
#include "flow/expect.hpp"
#include "net/mail.hpp"

namespace fairlead::flow {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Time at(const char* text) {
    return parse_rfc3339(text);
}

catalog::FlowExpectation expecting(std::string by) {
    catalog::FlowExpectation expectation;
    expectation.by = std::move(by);
    return expectation;
}

TEST(FlowExpect, a_window_reaches_from_one_deadline_to_the_next) {
    const auto windows = windows_of(expecting("06:00"), "UTC", at("2026-03-01T12:00:00Z"), at("2026-03-03T07:00:00Z"));
    ASSERT_THAT(windows, SizeIs(2));
    EXPECT_EQ(windows[0].begin, at("2026-03-01T06:00:00Z"));
    EXPECT_EQ(windows[0].deadline, at("2026-03-02T06:00:00Z"));
    EXPECT_EQ(windows[1].begin, windows[0].deadline);
    EXPECT_THAT(windows_of(expecting("06:00"), "UTC", at("2026-03-01T12:00:00Z"), at("2026-03-02T05:59:59Z")), IsEmpty());
}

TEST(FlowExpect, a_warning_is_due_before) {
    auto expectation = expecting("0 6 * * 1-5");
    expectation.warn = std::chrono::minutes(30);
    const auto windows = windows_of(expectation, "Europe/Berlin", at("2026-03-02T06:00:00Z"), at("2026-03-03T04:30:00Z"));
    ASSERT_THAT(windows, SizeIs(1));
    EXPECT_EQ(windows[0].deadline, at("2026-03-03T05:00:00Z"));
    EXPECT_THAT(windows_of(expectation, "Europe/Berlin", at("2026-03-02T06:00:00Z"), at("2026-03-03T04:29:59Z")), IsEmpty());
}

TEST(FlowExpect, files_and_bytes_are_missing_or_not) {
    auto expectation = expecting("06:00");
    expectation.files = 2;
    expectation.bytes = 1024;
    EXPECT_THAT(missing(expectation, {1, 5000}), HasSubstr("1 of 2 files"));
    EXPECT_THAT(missing(expectation, {2, 1000}), HasSubstr("1 KiB"));
    EXPECT_THAT(missing(expectation, {2, 1024}), IsEmpty());
}

TEST(FlowMail, a_message_has_one_line_for_each_header_whatever_is_in_them) {
    const net::MailServer server{.from = "fairlead@example.com"};
    const auto message = net::message_of(server, {{"a@example.com", "b@example.com"}, "id", "Fällig\r\nBcc: x@y", "Text"}, "DATE");
    EXPECT_THAT(message, HasSubstr("To: a@example.com, b@example.com\r\n"));
    EXPECT_THAT(message, HasSubstr("Subject: =?UTF-8?B?"));
    EXPECT_THAT(message, testing::Not(HasSubstr("Bcc")));
    EXPECT_THAT(message, testing::EndsWith("\r\n\r\nVGV4dA==\r\n"));
}

}  // namespace
}  // namespace fairlead::flow
