// Contents of any size through the daemon: what it holds of them does not grow with them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

constexpr std::uint64_t kSize = 192 * 1024 * 1024;
constexpr std::uint64_t kMost = 48 * 1024 * 1024;  // more than all windows, buffers and channels together
constexpr auto kContent = "/v1/projects/default/connections/p/content?path=/rest-large";

/// The most memory that the process has ever held.
std::uint64_t peak_of(pid_t process) {
    const auto text = read_file("/proc/" + std::to_string(process) + "/status");
    const std::string name = "VmHWM:";
    return std::stoull(text.substr(text.find(name) + name.size())) * 1024;
}

class RestMemory : public testing::TestWithParam<const char*> {};

TEST_P(RestMemory, does_not_grow_with_a_content) {
    const Cli cli;
    auto& server = Server::shared(GetParam());
    connect(cli, "p", server);
    const Daemon daemon(cli);
    const auto target = server.root() / "rest-large";
    {  // what the first use of everything takes does not count
        ASSERT_EQ(daemon("PUT", kContent, "small").status, 201);
        ASSERT_EQ(daemon("GET", kContent).body, "small");
    }
    const auto before = peak_of(daemon.process());
    RawHttp client(daemon.port(), std::chrono::seconds(120));
    client.send(std::string("PUT ") + kContent + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + daemon.token() +
                "\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
    std::string block(1024 * 1024, '\0');
    for (std::size_t i = 0; i < block.size(); ++i)
        block[i] = static_cast<char>((i * 2654435761U) >> 13);
    for (std::uint64_t sent = 0; sent < kSize; sent += block.size())
        client.send(block);
    const auto stored = client.answer();
    ASSERT_EQ(stored.status, 200) << stored.body;
    ASSERT_EQ(std::filesystem::file_size(target), kSize);
    const auto after_upload = peak_of(daemon.process());
    EXPECT_LT(after_upload - before, kMost) << "uploading";
    client.send(std::string("GET ") + kContent + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer " +
                daemon.token() + "\r\n\r\n");
    const auto whole = client.until_end();
    EXPECT_GT(whole.size(), kSize);
    EXPECT_LT(peak_of(daemon.process()) - before, kMost) << "downloading";
    EXPECT_TRUE(whole.ends_with(block));
    std::filesystem::remove(target);
}

INSTANTIATE_TEST_SUITE_P(Servers, RestMemory, testing::Values("vsftpd", "openssh"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace fairlead::test
