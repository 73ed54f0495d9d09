// Multipart contents, in pieces of every size.

#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace fairlead::http {
namespace {

class Pieces final : public Body {
  public:
    Pieces(std::string content, std::size_t size) : content_(std::move(content)), size_(size) {}
    awaitable<Bytes> read() override {
        const auto piece = content_.substr(0, size_);
        content_.erase(0, piece.size());
        const auto* begin = reinterpret_cast<const std::byte*>(piece.data());
        co_return Bytes(begin, begin + piece.size());
    }
    std::optional<std::uint64_t> announced_size() const override { return std::nullopt; }
    bool empty() const override { return content_.empty(); }

  private:
    std::string content_;
    std::size_t size_;
};

/// "name=content" of each part.
std::vector<std::string> taken_apart(const std::string& content, std::size_t piece) {
    std::vector<std::string> parts;
    const auto act = [&]() -> awaitable<void> {
        Pieces body(content, piece);
        Multipart multipart(body, "XX");
        for (;;) {
            const auto part = co_await multipart.next();
            if (!part) co_return;
            const auto name = header_parameter(part->header("content-disposition"), "name").value_or("?");
            const auto text = co_await multipart.text(1000);
            parts.push_back(name + "=" + text);
        }
    };
    test::Loop().run(act());
    return parts;
}

TEST(Multipart, is_taken_apart_whatever_the_pieces_are) {
    const std::string content =
        "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\n-2\r\n"
        "--XX  \r\ncontent-disposition: form-data; name=b\r\n\r\n\r\n--XX\r\n\r\n--XX\r\n\r\nlast\r\n--XX--epilogue";
    for (std::size_t piece = 1; piece < content.size() + 1; ++piece)
        EXPECT_EQ(taken_apart(content, piece),
                  (std::vector<std::string>{"a=1\r\n--X\r\n-2", "b=", "?=", "?=last"}))
            << piece;
}

TEST(Multipart, parts_that_nobody_reads_are_passed_over_and_the_end_must_come) {
    const auto act = []() -> awaitable<void> {
        Pieces body("--XX\r\n\r\nfirst\r\n--XX\r\n\r\nsecond\r\n--XX--", 3);
        Multipart multipart(body, "XX");
        (void)co_await multipart.next();
        (void)co_await multipart.next();
        const auto text = co_await multipart.text(10);
        EXPECT_EQ(text, "second");
        const auto end = co_await multipart.next();
        EXPECT_FALSE(end);
    };
    test::Loop().run(act());
    EXPECT_THROW(taken_apart("--XX\r\n\r\nbroken off", 5), Error);
    EXPECT_THROW(taken_apart("nothing of that kind", 5), Error);
    EXPECT_THROW(taken_apart("--XX\r\nno header\r\n\r\n--XX--", 5), Error);
}

TEST(Multipart, boundaries_and_names) {
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=\"a b\""), "a b");
    EXPECT_EQ(multipart_boundary("Multipart/Mixed;charset=x; boundary=ab"), "ab");
    EXPECT_EQ(multipart_boundary("text/plain"), std::nullopt);
    EXPECT_THROW((void)multipart_boundary("multipart/mixed"), Error);
    EXPECT_EQ(header_parameter("form-data; name=\"x\"; filename=\"a;b \\\"c\\\".txt\"", "filename"), "a;b \"c\".txt");
    EXPECT_EQ(header_parameter("attachment; filename=a.txt; filename*=UTF-8''%c3%bc.txt", "filename"), "\xc3\xbc.txt");
    EXPECT_EQ(header_parameter("attachment", "filename"), std::nullopt);
}

}  // namespace
}  // namespace fairlead::http
