#include "conformance/conformance.hpp"

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
