#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/cli.hpp"
#include "support/server.hpp"
#include "support/webhook_receiver.hpp"

namespace fairlead::test {

/// A connection "p" to a real server, and an empty directory /NAME on it.
class MonitorOver : public ::testing::Test {
  protected:
    static void write(const std::filesystem::path& path, const std::string& content) {
        std::ofstream(path, std::ios::binary) << content;
    }

    explicit MonitorOver(const std::string& script = "vsftpd") : server_(Server::shared(script)) {
        const auto endpoint = server_.endpoint();
        ProcessOptions options;
        options.input = std::string(endpoint.password.reveal());
        cli_.ok({"connection", "create", "p", "--protocol", std::string(to_string(endpoint.protocol)), "--host",
                 endpoint.host, "--port", std::to_string(endpoint.port), "--username", endpoint.username,
                 "--password-stdin", "--working-directory", endpoint.working_directory},
                options);
        static int number = 0;
        name_ = "watched" + std::to_string(::getpid()) + "-" + std::to_string(++number);
        cli_.ok({"mkdir", "p:/" + name_});
        folder_ = server_.root() / name_;
    }
    ~MonitorOver() override { std::filesystem::remove_all(folder_); }

    std::string place() const { return "p:/" + name_; }

    /// "created a" for each event of the store.
    std::vector<std::string> events() {
        std::vector<std::string> found;
        std::istringstream lines(cli_.ok({"--json", "monitor", "events", "m"}));
        for (std::string line; std::getline(lines, line);)
            found.push_back(text_of(boost::json::parse(line).as_object()));
        return found;
    }
    static std::string text_of(const boost::json::object& event) {
        const std::filesystem::path path(std::string(event.at("path").as_string()));
        return std::string(event.at("event").as_string()) + " " + path.filename().string();
    }
    static std::string text_of(const Received& received) {
        return text_of(boost::json::parse(received.body).at("data").as_object());
    }

    Server& server_;
    Cli cli_;
    std::string name_;
    std::filesystem::path folder_;
};

}  // namespace fairlead::test
