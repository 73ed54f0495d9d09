#include <fcntl.h>
#include <unistd.h>

#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using Mode = WriteOptions::Mode;

TEST_P(Conformance, write_makes_a_new_file) {
    write("/a", "hello");
    EXPECT_EQ(far().get("/a"), "hello");
}

TEST_P(Conformance, write_of_nothing_makes_an_empty_file) {
    write("/empty", "");
    EXPECT_EQ(far().get("/empty"), "");
}

TEST_P(Conformance, write_of_megabytes_loses_nothing) {
    const auto content = noise(5 * 1024 * 1024 + 3);
    write("/large", content);
    EXPECT_TRUE(far().get("/large") == content);
}

TEST_P(Conformance, write_keeps_every_byte_value_as_it_is) {
    std::string all;
    for (int i = 0; i < 1024; ++i)
        all.push_back(static_cast<char>(i));
    all += "\r\n\n\r\r\n\xff\xff\xf4";
    write("/bytes", all);
    EXPECT_EQ(far().get("/bytes"), all);
}

TEST_P(Conformance, write_in_many_small_pieces) {
    loop_.run([](FileSystem& to) -> awaitable<void> {
        auto stream = co_await to.open_write("/pieces");
        for (int i = 0; i < 1000; ++i)
            co_await stream->write(bytes_of("0123456789"));
        co_await stream->finish();
    }(files()));
    EXPECT_EQ(far().get("/pieces").value_or("").size(), 10'000u);
}

TEST_P(Conformance, write_truncates_a_longer_file) {
    far().put("/a", noise(100'000));
    write("/a", "short");
    EXPECT_EQ(far().get("/a"), "short");
}

TEST_P(Conformance, write_appends) {
    far().put("/a", "one ");
    ASSERT_TRUE(can().append);
    write("/a", "two", {.mode = Mode::append});
    EXPECT_EQ(far().get("/a"), "one two");
}

TEST_P(Conformance, write_appends_to_what_is_not_there_yet) {
    write("/new", "two", {.mode = Mode::append});
    EXPECT_EQ(far().get("/new"), "two");
}

TEST_P(Conformance, write_goes_on_at_an_offset) {
    far().put("/a", "0123456789");
    ASSERT_TRUE(can().resume_write);
    write("/a", "abcdef", {.mode = Mode::at, .offset = 7});
    EXPECT_EQ(far().get("/a"), "0123456abcdef");
}

TEST_P(Conformance, write_after_a_write_at_an_offset_starts_at_the_beginning) {
    far().put("/a", "0123456789");
    write("/a", "abcdef", {.mode = Mode::at, .offset = 7});
    write("/b", "hello");
    EXPECT_EQ(far().get("/b"), "hello");
}

TEST_P(Conformance, write_in_create_mode_makes_a_new_file) {
    write("/new", "hello", {.mode = Mode::create});
    EXPECT_EQ(far().get("/new"), "hello");
}

TEST_P(Conformance, write_in_create_mode_does_not_touch_an_existing_file) {
    far().put("/a", "precious");
    EXPECT_EQ(error_of([&] { write("/a", "x", {.mode = Mode::create}); }), "already_exists");
    EXPECT_EQ(far().get("/a"), "precious");
}

TEST_P(Conformance, write_into_a_missing_directory_is_not_found) {
    EXPECT_EQ(error_of([&] { write("/missing/a", "x"); }), "not_found");
    EXPECT_TRUE(last_error().session_usable);
}

TEST_P(Conformance, write_onto_a_directory_is_an_error) {
    far().make_directory("/d");
    EXPECT_THAT(error_of([&] { write("/d", "x"); }),
                testing::AnyOf("invalid_argument", "permission_denied", "already_exists", "not_found"));
    EXPECT_EQ(stat("/d").type, EntryType::directory);
}

TEST_P(Conformance, write_into_a_read_only_directory_is_permission_denied) {
    far().make_directory("/locked");
    if (!far().make_read_only("/locked")) GTEST_SKIP() << "nothing is read-only for this user here";
    EXPECT_EQ(error_of([&] { write("/locked/a", "x"); }), "permission_denied");
    EXPECT_FALSE(last_error().retryable());
    EXPECT_EQ(far().get("/locked/a"), std::nullopt);
}

TEST_P(Conformance, write_given_up_leaves_the_session_usable) {
    loop_.run([](FileSystem& to) -> awaitable<void> {
        auto stream = co_await to.open_write("/given-up");
        co_await stream->write(bytes_of("half of it"));
        co_await stream->abort();
    }(files()));
    write("/next", "hello");
    EXPECT_EQ(far().get("/next"), "hello");
}

TEST_P(Conformance, write_from_a_local_file_sends_the_wanted_part) {
    const TemporaryFolder folder;
    const auto content = noise(2 * 1024 * 1024);
    write_file(folder / "source", content);
    const int descriptor = ::open((folder / "source").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(descriptor, 0);
    loop_.run([](FileSystem& to, int from) -> awaitable<void> {
        auto stream = co_await to.open_write("/part");
        EXPECT_EQ(co_await stream->write_from(from, 1000, 1'000'000), 1'000'000u);
        EXPECT_EQ(co_await stream->write_from(from, 2 * 1024 * 1024 - 10, 100), 10u);
        co_await stream->finish();
    }(files(), descriptor));
    ::close(descriptor);
    EXPECT_TRUE(far().get("/part") == content.substr(1000, 1'000'000) + content.substr(content.size() - 10));
}

TEST_P(Conformance, write_of_two_hundred_small_files_one_after_the_other) {
    for (int i = 0; i < 200; ++i)
        write("/f" + std::to_string(i), "content " + std::to_string(i));
    EXPECT_EQ(names("/").size(), 200u);
    EXPECT_EQ(far().get("/f199"), "content 199");
}

TEST_P(Conformance, write_then_read_then_list_in_turns) {
    for (int i = 0; i < 20; ++i) {
        const auto path = "/turn" + std::to_string(i);
        write(path, path);
        EXPECT_EQ(read(path), path);
        EXPECT_EQ(names("/").size(), static_cast<std::size_t>(i + 1));
    }
}

}  // namespace
}  // namespace fairlead::test
