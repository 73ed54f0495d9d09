#include "bundle/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <boost/crc.hpp>

#include "bundle/sealed_package.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

using ::testing::HasSubstr;

/// A ZIP file by hand, of stored entries, as somebody might make one who means harm.
class RawZip {
  public:
    RawZip& add(const std::string& name, const std::string& content, std::uint32_t says = 0,
                std::uint32_t attributes = 0100644u << 16) {
        boost::crc_32_type crc;
        crc.process_bytes(content.data(), content.size());
        const auto offset = static_cast<std::uint32_t>(bytes_.size());
        const auto size = static_cast<std::uint32_t>(content.size());
        std::string common = number(20, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(33, 2) +
                             number(crc.checksum(), 4) + number(size, 4) + number(says ? says : size, 4) +
                             number(static_cast<std::uint32_t>(name.size()), 2) + number(0, 2);
        bytes_ += "PK\x03\x04" + common + name + content;
        directory_ += "PK\x01\x02" + number(0x031e, 2) + common + number(0, 2) + number(0, 2) + number(0, 2) +
                      number(attributes, 4) + number(offset, 4) + name;
        ++count_;
        return *this;
    }

    std::string take() {
        const auto start = static_cast<std::uint32_t>(bytes_.size());
        bytes_ += directory_ + "PK\x05\x06" + number(0, 4) + number(count_, 2) + number(count_, 2) +
                  number(static_cast<std::uint32_t>(directory_.size()), 4) + number(start, 4) + number(0, 2);
        return bytes_;
    }

  private:
    static std::string number(std::uint32_t value, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; ++i)
            text += static_cast<char>((value >> (8 * i)) & 0xff);
        return text;
    }

    std::string bytes_, directory_;
    std::uint32_t count_ = 0;
};

std::string problem_of(const std::string& bytes) {
    try {
        const Archive archive(bytes);
        for (const auto& path : archive.paths())
            (void)archive.read(path);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        return error.message;
    }
}

TEST(Archive, gives_back_what_was_put_in) {
    const Files files{{"a.json", "{}"}, {"b/c d.txt", std::string(100'000, 'x')}, {"empty", ""}};
    const auto bytes = write_archive(files);
    const Archive archive(bytes);
    EXPECT_EQ(archive.paths(), (std::set<std::string>{"a.json", "b/c d.txt", "empty"}));
    for (const auto& [path, content] : files)
        EXPECT_EQ(archive.read(path), content);
    EXPECT_THROW(archive.read("not there"), Error);
    EXPECT_THROW(archive.read("b/c d.txt", 99'999), Error);
}

TEST(Archive, has_the_same_bytes_for_the_same_files_whenever_it_is_made) {
    const Files files{{"a", "1"}, {"b", "2"}};
    const auto first = write_archive(files);
    ::setenv("TZ", "Pacific/Auckland", 1);
    ::tzset();
    EXPECT_EQ(write_archive(files), first);
    ::unsetenv("TZ");
    ::tzset();
}

TEST(Archive, takes_a_plain_file_made_by_another_program) {
    EXPECT_EQ(problem_of(RawZip().add("a.json", "{}").add("folder/", "").take()), "");
}

TEST(Archive, refuses_paths_that_lead_elsewhere) {
    for (const auto* path : {"../a", "a/../../b", "/etc/passwd", "a\\..\\b", "C:/a", "./a", "a//b", "a/.."})
        EXPECT_THAT(problem_of(RawZip().add(path, "x").take()), HasSubstr("A file of the package")) << path;
    EXPECT_THAT(problem_of(RawZip().add("a\nb", "x").take()), HasSubstr("control characters"));
    EXPECT_THAT(problem_of(RawZip().add("a\xff", "x").take()), HasSubstr("not UTF-8"));
}

TEST(Archive, refuses_two_files_of_one_name_and_links) {
    EXPECT_THAT(problem_of(RawZip().add("a", "1").add("a", "2").take()), HasSubstr("two files"));
    EXPECT_THAT(problem_of(RawZip().add("a", "/etc/passwd", 0, 0120777u << 16).take()), HasSubstr("link"));
}

TEST(Archive, refuses_what_unpacks_to_far_more_than_it_is) {
    const auto bomb = write_archive({{"zeros", std::string(30'000'000, '\0')}});
    ASSERT_LT(bomb.size(), 100'000u);
    EXPECT_THAT(problem_of(bomb), HasSubstr("unpacks to far more"));
    // One that lies about it.
    EXPECT_NE(problem_of(RawZip().add("a", "four", 3).take()), "");
    EXPECT_NE(problem_of(RawZip().add("a", "four", 5).take()), "");
    EXPECT_THAT(problem_of(RawZip().add("a", "four", 0x7fffffff).take()), HasSubstr("unpacks to far more"));
}

TEST(Archive, refuses_more_than_100_MB_and_takes_100_MB) {
    // Every byte of a stored file is a byte of the archive.
    const auto of_size = [](std::size_t size) {
        const auto overhead = RawZip().add("noise", "").take().size();
        return RawZip().add("noise", std::string(size - overhead, 'x')).take();
    };
    const auto largest = of_size(kLargestPackage);
    ASSERT_EQ(largest.size(), kLargestPackage);
    EXPECT_EQ(Archive(largest).paths().size(), 1u);
    EXPECT_THAT(problem_of(of_size(kLargestPackage + 1)), HasSubstr("larger than 100 MB"));
}

TEST(Archive, refuses_what_is_no_zip_file_or_damaged_at_any_byte_or_says_so_when_read) {
    EXPECT_THAT(problem_of(""), HasSubstr("no ZIP file"));
    EXPECT_THAT(problem_of("{}"), HasSubstr("no ZIP file"));
    const auto good = write_archive({{"a.json", "{\"some\":\"content\"}"}});
    for (std::size_t size = 1; size < good.size(); ++size)
        EXPECT_NE(problem_of(good.substr(0, size)), "") << size;
}

TEST(SealedPackage, opens_with_its_passphrase_only_and_shows_no_name) {
    const auto package = write_archive({{"projects/default/connections/Partner.json", "the-content"}});
    const auto sealed = seal_package(package, Secret("correct horse"));
    EXPECT_EQ(sealed.find("Partner"), std::string::npos);
    EXPECT_EQ(sealed.find("the-content"), std::string::npos);
    const Archive archive(sealed);
    ASSERT_TRUE(is_sealed(archive));
    EXPECT_FALSE(is_sealed(Archive(package)));
    EXPECT_EQ(open_package(archive, Secret("correct horse")), package);
    EXPECT_THROW(open_package(archive, Secret("correct  horse")), Error);
    EXPECT_THROW(open_package(archive, Secret("")), Error);
    EXPECT_THROW(seal_package(package, Secret("")), Error);
    EXPECT_NE(seal_package(package, Secret("correct horse")), sealed) << "salted";
}

TEST(SealedPackage, notices_every_change_and_refuses_unreasonable_work) {
    const auto sealed = seal_package("x", Secret("p"));
    const Archive archive(sealed);
    const auto header = archive.read("fairlead-sealed.json"), content = archive.read("package.sealed");
    const auto attempt = [](const std::string& changed_header, const std::string& changed_content) {
        const auto changed =
            write_archive({{"fairlead-sealed.json", changed_header}, {"package.sealed", changed_content}});
        try {
            return open_package(Archive(changed), Secret("p"));
        } catch (const Error& error) {
            return error.message;
        }
    };
    EXPECT_EQ(attempt(header, content), "x");
    auto other = content;
    other[0] = static_cast<char>(other[0] ^ 1);
    EXPECT_THAT(attempt(header, other), HasSubstr("cannot be opened"));
    EXPECT_THAT(attempt(header, ""), HasSubstr("damaged"));
    const auto with = [&](const std::string& from, const std::string& to) {
        auto text = header;
        text.replace(text.find(from), from.size(), to);
        return attempt(text, content);
    };
    EXPECT_THAT(with("\"version\":1", "\"version\":2"), HasSubstr("has version 2; this Fairlead reads up to 1"));
    EXPECT_THAT(with("\"work\":3", "\"work\":3000000"), HasSubstr("work is missing or malformed"));
    EXPECT_THAT(with("\"memory\":268435456", "\"memory\":268435456000"), HasSubstr("memory is missing"));
    EXPECT_THAT(with("\"salt\":\"", "\"salt\":\"AA"), HasSubstr("salt is missing"));
    EXPECT_THAT(attempt(header + " ", content), HasSubstr("cannot be opened")) << "the header is bound in";
}

}  // namespace
}  // namespace fairlead::bundle
