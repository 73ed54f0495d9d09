#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "sftp/socket_reads.hpp"

namespace fairlead::sftp {
namespace {

class SocketReadsTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()), 0);
    }
    void TearDown() override {
        for (const int end : ends_)
            if (end >= 0) ::close(end);
    }

    void send(const std::string& bytes) {
        ASSERT_EQ(::send(ends_[1], bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    }
    void end_sending() { ::close(std::exchange(ends_[1], -1)); }

    /// What one recv gives; "again" and "end" where it gives nothing.
    std::string take(std::size_t room) {
        std::vector<char> into(room);
        const auto got = reads_.take(into.data(), room);
        if (got < 0) return errno == EAGAIN ? "again" : "error";
        return got == 0 ? "end" : std::string(into.data(), static_cast<std::size_t>(got));
    }

    std::array<int, 2> ends_{-1, -1};
    SocketReads reads_;
};

TEST_F(SocketReadsTest, gives_the_bytes_in_order_in_the_pieces_that_are_asked_for) {
    reads_.begin(ends_[0]);
    send("abcdefg");
    EXPECT_EQ(take(3), "abc");
    EXPECT_TRUE(reads_.holds());
    send("hi");  // comes behind what is held
    EXPECT_EQ(take(3), "def");
    EXPECT_EQ(take(3), "g");
    EXPECT_FALSE(reads_.holds());
    EXPECT_EQ(take(3), "hi");
    EXPECT_EQ(take(3), "again");
}

TEST_F(SocketReadsTest, the_end_comes_after_what_is_held) {
    reads_.begin(ends_[0]);
    send("ab");
    EXPECT_EQ(take(1), "a");
    end_sending();
    EXPECT_EQ(take(9), "b");
    EXPECT_EQ(take(9), "end");
}

TEST_F(SocketReadsTest, answers_for_its_descriptor_only_while_a_scope_stands) {
    EXPECT_EQ(SocketReads::of(ends_[0]), nullptr);
    {
        const SocketReads::Scope scope(reads_);
        EXPECT_EQ(SocketReads::of(ends_[0]), nullptr) << "it has not begun";
        EXPECT_EQ(SocketReads::of(-1), nullptr);
        reads_.begin(ends_[0]);
        EXPECT_EQ(SocketReads::of(ends_[0]), &reads_);
        EXPECT_EQ(SocketReads::of(ends_[1]), nullptr);
        SocketReads others;
        {
            const SocketReads::Scope inner(others);
            EXPECT_EQ(SocketReads::of(ends_[0]), nullptr);
        }
        EXPECT_EQ(SocketReads::of(ends_[0]), &reads_);
    }
    EXPECT_EQ(SocketReads::of(ends_[0]), nullptr);
}

}  // namespace
}  // namespace fairlead::sftp
