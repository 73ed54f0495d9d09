#include <functional>

#include "conformance/conformance.hpp"
#include "net/cancellable.hpp"

namespace fairlead::test {
namespace {

TEST_P(Conformance, ping_is_answered) {
    for (int i = 0; i < 3; ++i)
        loop_.run(files().ping());
}

TEST_P(Conformance, close_twice_is_no_error) {
    loop_.run(files().close());
    loop_.run(files().close());
    session_is_over();
}

TEST_P(Conformance, a_session_can_be_opened_after_another_was_closed) {
    far().put("/a", "hello");
    loop_.run(files().close());
    session_is_over();
    auto second = loop_.run(far().open());
    EXPECT_EQ(loop_.run(second->stat("/a")).size, 5u);
    loop_.run(second->close());
}

TEST_P(Conformance, two_sessions_do_not_disturb_each_other) {
    far().put("/a", "hello");
    auto second = loop_.run(far().open());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_EQ(loop_.run(second->stat("/a")).size, 5u);
    }
    loop_.run(second->close());
    EXPECT_EQ(read("/a"), "hello");
}

TEST_P(Conformance, a_raw_command_is_answered_or_unsupported) {
    if (can().raw_command) {
        const auto reply = loop_.run(files().raw_command("NOOP"));
        EXPECT_EQ(reply.code / 100, 2);
        EXPECT_FALSE(reply.lines.empty());
        EXPECT_EQ(loop_.run(files().raw_command("XYZZY")).code / 100, 5);
    } else {
        EXPECT_EQ(error_of([&] { loop_.run(files().raw_command("NOOP")); }), "unsupported");
    }
}

TEST_P(Conformance, a_raw_command_with_control_bytes_is_refused) {
    far().put("/victim", "alive");
    const auto outcome = error_of([&] { loop_.run(files().raw_command("NOOP\r\nDELE victim")); });
    EXPECT_EQ(outcome, can().raw_command ? "invalid_argument" : "unsupported");
    EXPECT_EQ(far().get("/victim"), "alive");
}

TEST_P(Conformance, the_session_is_in_step_after_each_kind_of_error) {
    far().put("/a", "hello");
    far().make_directory("/d");
    far().put("/d/in", "x");
    for (int round = 0; round < 3; ++round) {
        EXPECT_NE(error_of([&] { stat("/missing"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { list("/missing"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { read("/missing"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { write("/missing/x", "x"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { rename("/missing", "/x"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { remove("/missing"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { remove_directory("/d"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
        EXPECT_NE(error_of([&] { make_directory("/d"); }), "no error");
        EXPECT_EQ(read("/a"), "hello");
    }
}

awaitable<void> stat_once(FileSystem& files, std::string path) {
    co_await files.stat(path);
}

awaitable<void> list_all(FileSystem& files, std::string path) {
    auto listing = co_await files.list(path);
    while (!(co_await listing->next()).empty()) {
    }
}

awaitable<void> read_all(FileSystem& files, std::string path) {
    auto stream = co_await files.open_read(path);
    while (!(co_await stream->read()).empty()) {
    }
}

awaitable<void> write_all(FileSystem& files, std::string path, std::string_view content) {
    auto stream = co_await files.open_write(path);
    co_await stream->write(bytes_of(content));
    co_await stream->finish();
}

TEST_P(Conformance, a_cancelled_operation_ends_as_cancelled_or_was_done_already) {
    far().make_directory("/d");
    const auto content = noise(4 * 1024 * 1024);
    far().put("/a", content);
    using Operation = std::function<awaitable<void>(FileSystem&)>;
    // A coroutine of several steps is itself cancelled by Asio between two of them; only that is translated
    // here.
    const auto steps = [](awaitable<void> task) { return net::cancellable(std::move(task), "steps"); };
    const std::vector<std::pair<std::string, Operation>> operations{
        {"stat", [&](FileSystem& on) { return steps(stat_once(on, "/a")); }},
        {"list", [&](FileSystem& on) { return steps(list_all(on, "/")); }},
        {"read", [&](FileSystem& on) { return steps(read_all(on, "/a")); }},
        {"write", [&](FileSystem& on) { return steps(write_all(on, "/new", content)); }},
        {"rename", [](FileSystem& on) { return on.rename("/d", "/e", false); }},
        {"make directory", [](FileSystem& on) { return on.make_directory("/f"); }},
        {"ping", [](FileSystem& on) { return on.ping(); }},
    };
    for (const auto& [name, operation] : operations) {
        for (const int turn : {1, 2, 5}) {
            Loop loop;
            auto session = loop.run(far().open());
            int asked = 0;
            const auto outcome =
                error_of([&] { loop.run_and_cancel(operation(*session), [&] { return ++asked >= turn; }); });
            // Repeating an operation that was done already may be refused.
            EXPECT_THAT(outcome, testing::AnyOf("cancelled", "no error", "already_exists", "not_found"))
                << name << ", turn " << turn;
            if (outcome == "cancelled" && last_error().session_usable) {
                EXPECT_EQ(error_of([&] { loop.run(session->stat("/a")); }), "no error")
                    << name << ", turn " << turn;
            }
        }
    }
}

TEST_P(Conformance, the_other_side_is_described) {
    const auto& peer = files().peer();
    if (!GetParam().remote) {
        EXPECT_THAT(peer.address, testing::IsEmpty());
        return;
    }
    EXPECT_THAT(peer.address, testing::HasSubstr("127.0.0.1"));
    EXPECT_FALSE(peer.server.empty());
    EXPECT_EQ(!peer.security.empty(), GetParam().secured) << peer.security;
    EXPECT_EQ(!peer.identity.empty(), GetParam().secured) << peer.identity;
}

TEST_P(Conformance, abilities_are_those_that_docs_deviations_promises) {
    // What every target can do; what only some can is in the tests that use it.
    EXPECT_TRUE(can().resume_read);
    EXPECT_TRUE(can().resume_write);
    EXPECT_TRUE(can().append);
    EXPECT_TRUE(can().rename);
    EXPECT_TRUE(can().atomic_replace);
    EXPECT_TRUE(can().set_modified);
    EXPECT_GE(can().concurrent_operations, 1u);
    EXPECT_EQ(!can().checksums.empty(), GetParam().digests);
    EXPECT_EQ(can().machine_listing, GetParam().machine_listing);
}

}  // namespace
}  // namespace fairlead::test
