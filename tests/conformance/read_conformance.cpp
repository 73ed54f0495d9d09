#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

TEST_P(Conformance, read_gives_the_whole_content) {
    const auto content = noise(3 * 1024 * 1024 + 17);
    far().put("/large", content);
    EXPECT_EQ(read("/large"), content);
}

TEST_P(Conformance, read_of_an_empty_file_gives_nothing) {
    far().put("/empty", "");
    EXPECT_EQ(read("/empty"), "");
}

TEST_P(Conformance, read_keeps_every_byte_value_as_it_is) {
    std::string all;
    for (int i = 0; i < 1024; ++i)
        all.push_back(static_cast<char>(i));
    all += "\r\n\n\r\r\n\xff\xff\xf4";
    far().put("/bytes", all);
    EXPECT_EQ(read("/bytes"), all);
}

TEST_P(Conformance, read_starts_at_an_offset) {
    const auto content = noise(300'000);
    far().put("/a", content);
    ASSERT_TRUE(can().resume_read);
    EXPECT_EQ(read("/a", {.offset = 123'457}), content.substr(123'457));
}

TEST_P(Conformance, read_at_the_end_gives_nothing) {
    far().put("/a", "hello");
    EXPECT_EQ(read("/a", {.offset = 5}), "");
}

TEST_P(Conformance, read_after_a_read_at_an_offset_starts_at_the_beginning) {
    far().put("/a", "0123456789");
    EXPECT_EQ(read("/a", {.offset = 4}), "456789");
    EXPECT_EQ(read("/a"), "0123456789");
}

TEST_P(Conformance, read_after_a_refused_read_at_an_offset_starts_at_the_beginning) {
    far().put("/a", "0123456789");
    EXPECT_EQ(error_of([&] { read("/missing", {.offset = 4}); }), "not_found");
    EXPECT_EQ(read("/a"), "0123456789");
}

TEST_P(Conformance, read_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { read("/missing"); }), "not_found");
    expect_error_path("/missing");
    EXPECT_TRUE(last_error().session_usable);
}

TEST_P(Conformance, read_of_a_directory_is_an_error) {
    far().make_directory("/d");
    EXPECT_THAT(error_of([&] { read("/d"); }),
                testing::AnyOf("invalid_argument", "not_found", "permission_denied"));
}

TEST_P(Conformance, read_may_end_early_and_the_session_goes_on) {
    far().put("/large", noise(8 * 1024 * 1024));
    far().put("/small", "hello");
    const auto outcome = error_of([&] {
        loop_.run([](FileSystem& from) -> awaitable<void> {
            auto stream = co_await from.open_read("/large");
            const auto first = co_await stream->read();
            EXPECT_FALSE(first.empty());
            co_await stream->close();
        }(files()));
        EXPECT_EQ(read("/small"), "hello");
    });
    if (deviates(Deviation::dropping_early_may_end_session) && outcome == "connection_lost") {
        EXPECT_FALSE(last_error().session_usable);
        session_is_over();
    } else {
        EXPECT_EQ(outcome, "no error");
    }
}

TEST_P(Conformance, read_asked_again_after_its_end_stays_at_the_end) {
    far().put("/a", "hello");
    loop_.run([](FileSystem& from) -> awaitable<void> {
        auto stream = co_await from.open_read("/a");
        while (!(co_await stream->read()).empty()) {
        }
        EXPECT_TRUE((co_await stream->read()).empty());
        co_await stream->close();
    }(files()));
}

TEST_P(Conformance, read_announces_the_size_when_it_announces_one) {
    far().put("/a", noise(54'321));
    loop_.run([](FileSystem& from) -> awaitable<void> {
        auto stream = co_await from.open_read("/a");
        EXPECT_EQ(stream->announced_size().value_or(54'321), 54'321u);
        while (!(co_await stream->read()).empty()) {
        }
    }(files()));
}

TEST_P(Conformance, read_follows_a_link_to_a_file) {
    far().put("/a", "hello");
    far().link("/link", "a");
    EXPECT_EQ(read("/link"), "hello");
}

TEST_P(Conformance, read_of_two_hundred_small_files_one_after_the_other) {
    for (int i = 0; i < 200; ++i)
        far().put("/f" + std::to_string(i), "content " + std::to_string(i));
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(read("/f" + std::to_string(i)), "content " + std::to_string(i));
}

}  // namespace
}  // namespace fairlead::test
