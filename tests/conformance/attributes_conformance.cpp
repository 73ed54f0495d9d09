#include "base/digest.hpp"
#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;

const Time kMoment = std::chrono::sys_days{std::chrono::year(2021) / 2 / 28} + 23h + 59min + 58s;

TEST_P(Conformance, set_modified_reads_back) {
    far().put("/a", "hello");
    ASSERT_TRUE(can().set_modified);
    loop_.run(files().set_modified("/a", kMoment));
    const auto entry = stat("/a");
    ASSERT_TRUE(entry.modified.has_value());
    EXPECT_EQ(to_rfc3339(*entry.modified), to_rfc3339(kMoment));
    EXPECT_LE(static_cast<int>(entry.modified_precision), static_cast<int>(TimePrecision::second));
}

TEST_P(Conformance, set_modified_shows_in_listings) {
    far().put("/a", "hello");
    loop_.run(files().set_modified("/a", kMoment));
    const auto entry = list("/").at(0);
    ASSERT_TRUE(entry.modified.has_value());
    switch (entry.modified_precision) {
        case TimePrecision::millisecond:
        case TimePrecision::second:
            EXPECT_EQ(*entry.modified, kMoment);
            break;
        case TimePrecision::minute:
            EXPECT_EQ(*entry.modified, std::chrono::floor<std::chrono::minutes>(kMoment));
            break;
        case TimePrecision::day:
            EXPECT_EQ(*entry.modified, std::chrono::floor<std::chrono::days>(kMoment));
            break;
    }
    EXPECT_EQ(entry.modified_precision > TimePrecision::second, deviates(Deviation::listed_times_are_coarse));
}

TEST_P(Conformance, set_modified_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { loop_.run(files().set_modified("/missing", kMoment)); }), "not_found");
}

TEST_P(Conformance, set_modified_keeps_the_content) {
    far().put("/a", "hello");
    loop_.run(files().set_modified("/a", kMoment));
    EXPECT_EQ(far().get("/a"), "hello");
}

TEST_P(Conformance, set_mode_reads_back) {
    far().put("/a", "hello");
    if (!can().set_mode) {
        EXPECT_EQ(error_of([&] { loop_.run(files().set_mode("/a", 0640)); }), "unsupported");
        return;
    }
    loop_.run(files().set_mode("/a", 0640));
    const auto mode = stat("/a").mode;
    if (deviates(Deviation::mode_not_reported)) {
        EXPECT_EQ(mode, std::nullopt);
    } else {
        EXPECT_EQ(mode, 0640u);
    }
}

TEST_P(Conformance, set_mode_of_nothing_is_not_found) {
    if (!can().set_mode) GTEST_SKIP() << "set_mode_reads_back proves that it is refused";
    EXPECT_EQ(error_of([&] { loop_.run(files().set_mode("/missing", 0640)); }), "not_found");
}

TEST_P(Conformance, checksums_that_the_server_offers_are_those_of_the_content) {
    const auto content = noise(100'003);
    far().put("/a b", content);
    for (const auto algorithm : can().checksums) {
        Digest ours(algorithm);
        ours.add(bytes_of(content));
        EXPECT_EQ(loop_.run(files().checksum("/a b", algorithm)), ours.finish()) << to_string(algorithm);
    }
}

TEST_P(Conformance, a_checksum_that_is_not_offered_is_unsupported) {
    far().put("/a", "hello");
    for (const auto algorithm : {ChecksumAlgorithm::crc32, ChecksumAlgorithm::md5, ChecksumAlgorithm::sha1,
                                 ChecksumAlgorithm::sha256, ChecksumAlgorithm::sha512}) {
        const auto& offered = can().checksums;
        if (std::find(offered.begin(), offered.end(), algorithm) != offered.end()) continue;
        EXPECT_EQ(error_of([&] { loop_.run(files().checksum("/a", algorithm)); }), "unsupported");
    }
}

TEST_P(Conformance, checksum_of_nothing_is_not_found) {
    if (can().checksums.empty())
        GTEST_SKIP() << "a_checksum_that_is_not_offered_is_unsupported proves the refusal";
    EXPECT_EQ(error_of([&] { loop_.run(files().checksum("/missing", can().checksums.front())); }),
              "not_found");
}

}  // namespace
}  // namespace fairlead::test
