// Streams over SSH with OpenSSH's own server, in the situations that break clients.
#include <gtest/gtest.h>

#include "remote/sftp_file_system.hpp"
#include "support/run.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

constexpr std::string_view kName = "/file";

awaitable<std::string> read_whole(FileSystem& files, std::string path) {
    auto stream = co_await files.open_read(path);
    std::string content;
    while (true) {
        const auto bytes = co_await stream->read();
        if (bytes.empty()) break;
        content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    co_return content;
}

awaitable<void> write_whole(FileSystem& files, std::string path, const std::string& content) {
    auto stream = co_await files.open_write(path);
    co_await stream->write(std::as_bytes(std::span(content)));
    co_await stream->finish();
}

void both_ways(const Server& server, const Endpoint& endpoint, std::size_t size) {
    Loop loop;
    const auto files = loop.run(open_sftp(endpoint));
    const auto content = noise(size);
    const auto path = server["path"] + std::string(kName);
    loop.run(write_whole(*files, path, content));
    EXPECT_EQ(read_file(server.root() / "file"), content);
    EXPECT_EQ(loop.run(read_whole(*files, path)), content);
}

TEST(SftpTransferFault, new_keys_in_the_middle_of_a_transfer_change_nothing) {
    Server server("openssh", {"rekey_limit=1M"});
    both_ways(server, server.endpoint(), 12'000'000);
}

TEST(SftpTransferFault, every_cipher_that_is_offered_carries_files) {
    for (const std::string cipher : {"aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
                                     "chacha20-poly1305@openssh.com", "aes256-ctr", "aes128-ctr"}) {
        auto& server = Server::shared("openssh");
        auto endpoint = server.endpoint();
        endpoint.sftp.ciphers = cipher;
        SCOPED_TRACE(cipher);
        both_ways(server, endpoint, 3'000'000);
    }
}

TEST(SftpTransferFault, several_files_are_read_at_once_on_one_session) {
    auto& server = Server::shared("openssh");
    Loop loop;
    const auto files = loop.run(open_sftp(server.endpoint()));
    const auto a = noise(2'000'000, 1);
    const auto b = noise(1'500'000, 2);
    write_file(server.root() / "a", a);
    write_file(server.root() / "b", b);
    loop.run([](FileSystem& one, std::string path, const std::string& first,
                const std::string& second) -> awaitable<void> {
        auto x = co_await one.open_read(path + "/a");
        auto y = co_await one.open_read(path + "/b");
        std::string from_x;
        std::string from_y;
        for (bool more = true; more;) {
            const auto bytes_x = co_await x->read();
            from_x.append(reinterpret_cast<const char*>(bytes_x.data()), bytes_x.size());
            const auto bytes_y = co_await y->read();
            from_y.append(reinterpret_cast<const char*>(bytes_y.data()), bytes_y.size());
            more = !bytes_x.empty() || !bytes_y.empty();
        }
        EXPECT_EQ(from_x, first);
        EXPECT_EQ(from_y, second);
    }(*files, server["path"], a, b));
}

TEST(SftpTransferFault, a_read_that_was_cancelled_leaves_the_session_usable) {
    auto& server = Server::shared("openssh");
    Loop loop;
    const auto files = loop.run(open_sftp(server.endpoint()));
    write_file(server.root() / "long", noise(30'000'000));
    const auto path = server["path"];
    std::size_t taken = 0;
    try {
        loop.run_and_cancel(
            [](FileSystem& one, std::string name, std::size_t& count) -> awaitable<void> {
                while (true) {
                    auto stream = co_await one.open_read(name);
                    while (!(co_await stream->read()).empty())
                        ++count;
                }
            }(*files, path + "/long", taken),
            [&] { return taken > 3; });
        ADD_FAILURE() << "nothing was cancelled";
    } catch (const std::exception&) {
        EXPECT_GT(taken, 3u);
    }
    loop.run(files->ping());
    write_file(server.root() / "after", "still here");
    EXPECT_EQ(loop.run(read_whole(*files, path + "/after")), "still here");
}

TEST(SftpTransferFault, a_file_whose_session_was_closed_has_no_end) {
    auto& server = Server::shared("openssh");
    Loop loop;
    const auto files = loop.run(open_sftp(server.endpoint()));
    write_file(server.root() / "long", noise(40'000'000));
    const auto stream = loop.run(files->open_read(server["path"] + "/long"));
    EXPECT_FALSE(loop.run(stream->read()).empty());
    loop.run(files->close());
    const auto rest = [&] {
        while (!loop.run(stream->read()).empty()) {
        }
    };
    EXPECT_THROW(rest(), Error);
}

TEST(SftpTransferFault, a_session_can_be_dropped_with_everything_under_way) {
    auto& server = Server::shared("openssh");
    write_file(server.root() / "long", noise(10'000'000));
    for (int i = 0; i < 5; ++i) {
        Loop loop;
        auto files = loop.run(open_sftp(server.endpoint()));
        auto stream = loop.run(files->open_read(server["path"] + "/long"));
        auto listing = loop.run(files->list(server["path"]));
        auto upload = loop.run(files->open_write(server["path"] + "/half"));
        loop.run(stream->read());
        files.reset();
        EXPECT_THROW(loop.run(listing->next()), Error);
    }
}

}  // namespace
}  // namespace fairlead::test
