#include <gtest/gtest.h>

#include "api/v1/range.hpp"
#include "fairlead/error.hpp"

namespace fairlead::api {
namespace {

using Kind = RangeVerdict::Kind;

Entry file(std::uint64_t size, std::int64_t milliseconds = 1'772'357'400'000) {
    Entry entry;
    entry.size = size;
    entry.modified = Time(std::chrono::milliseconds(milliseconds));
    return entry;
}

void expect_part(std::string_view header, std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
    const auto verdict = parse_range(header, size);
    EXPECT_EQ(verdict.kind, Kind::part) << header;
    EXPECT_EQ(verdict.part.offset, offset) << header;
    EXPECT_EQ(verdict.part.length, length) << header;
}

TEST(Range, is_one_part_of_the_file) {
    expect_part("bytes=0-0", 100, 0, 1);
    expect_part("bytes=10-19", 100, 10, 10);
    expect_part("bytes=90-", 100, 90, 10);
    expect_part("bytes=90-1000", 100, 90, 10);
    expect_part("bytes=-10", 100, 90, 10);
    expect_part("bytes=-1000", 100, 0, 100);
}

TEST(Range, beyond_the_end_cannot_be_satisfied) {
    EXPECT_EQ(parse_range("bytes=100-", 100).kind, Kind::unsatisfiable);
    EXPECT_EQ(parse_range("bytes=-0", 100).kind, Kind::unsatisfiable);
    EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
}

TEST(Range, that_is_not_understood_is_ignored) {
    for (const auto* header : {"bytes=5-2", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=", "bytes=-",
                               "bytes=99999999999999999999-"})
        EXPECT_EQ(parse_range(header, 100).kind, Kind::whole) << header;
}

TEST(Etag, changes_with_size_and_time_and_is_weak_for_coarse_times) {
    EXPECT_NE(etag_of(file(1)), etag_of(file(2)));
    EXPECT_NE(etag_of(file(1)), etag_of(file(1, 5)));
    auto coarse = file(1);
    coarse.modified_precision = TimePrecision::minute;
    EXPECT_EQ(etag_of(coarse).substr(0, 3), "W/\"");
    coarse.modified.reset();
    EXPECT_EQ(etag_of(coarse), "");
}

TEST(Conditions, decide_what_is_sent) {
    const auto entry = file(100);
    const auto etag = etag_of(entry);
    EXPECT_EQ(select(entry, {}).status, 200u);
    EXPECT_EQ(select(entry, {.range = "bytes=1-2"}).status, 206u);
    EXPECT_EQ(select(entry, {.range = "bytes=100-"}).status, 416u);
    EXPECT_EQ(select(entry, {.range = "bytes=1-2", .if_range = etag}).status, 206u);
    EXPECT_EQ(select(entry, {.range = "bytes=1-2", .if_range = "\"other\""}).status, 200u);
    EXPECT_EQ(select(entry, {.range = "bytes=1-2", .if_range = http_date(*entry.modified)}).status, 206u);
    EXPECT_EQ(select(entry, {.range = "bytes=1-2", .if_range = "Sun, 01 Mar 2020 00:00:00 GMT"}).status,
              200u);
    EXPECT_EQ(select(entry, {.if_none_match = "\"x\", " + etag}).status, 304u);
    EXPECT_EQ(select(entry, {.if_none_match = "*"}).status, 304u);
    EXPECT_EQ(select(entry, {.if_match = "\"x\""}).status, 412u);
    EXPECT_EQ(select(entry, {.if_match = etag}).status, 200u);
    EXPECT_EQ(http_date(*entry.modified), "Sun, 01 Mar 2026 09:30:00 GMT");
}

TEST(Digest, of_a_header_is_read_and_written) {
    const std::string zeros(64, '0');
    const std::string header = "sha-256=:" + std::string(43, 'A') + "=:";
    EXPECT_EQ(parse_digests(header).sha256, zeros);
    EXPECT_EQ(digest_header("sha-256", zeros), header);
    EXPECT_FALSE(parse_digests("md5=:AAAA:").sha256);
    EXPECT_EQ(parse_digests("unixsum=30637, " + header).sha256, zeros);
    for (const auto* wrong : {"sha-256=AAAA", "sha-256=:AAAA:", "sha-256", "sha-512=:!:"})
        EXPECT_THROW(parse_digests(wrong), Error) << wrong;
}

}  // namespace
}  // namespace fairlead::api
