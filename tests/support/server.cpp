#include "support/server.hpp"

#include <unistd.h>

#include <memory>
#include <sstream>
#include <stdexcept>

#include "support/paths.hpp"
#include "support/process.hpp"

namespace fairlead::test {
namespace {

std::string script_path(const std::string& name) {
    return tests_folder() + "/servers/" + name;
}

}  // namespace

Server::Server(std::string script, const std::vector<std::string>& options) : script_(std::move(script)) {
    // The server's user must be able to walk through.
    std::filesystem::permissions(parent_.path(), static_cast<std::filesystem::perms>(0711));
    std::vector<std::string> arguments{script_path(script_), "start", (parent_ / "server").string(),
                                       "owner=" + std::to_string(::getpid())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto started = run_process(arguments);
    if (started.status != 0) throw std::runtime_error(script_ + " did not start: " + started.errors);
    std::istringstream lines(started.output);
    for (std::string line; std::getline(lines, line);)
        if (const auto equals = line.find('='); equals != std::string::npos)
            values_[line.substr(0, equals)] = line.substr(equals + 1);
}

Server::~Server() {
    try {
        run_process({script_path(script_), "stop", (parent_ / "server").string()});
    } catch (const std::exception&) {
        // The next start on this machine clears away what was left.
    }
}

Server& Server::shared(const std::string& script, const std::vector<std::string>& options) {
    static std::map<std::string, std::unique_ptr<Server>> running;
    auto name = script;
    for (const auto& option : options)
        name += " " + option;
    auto& server = running[name];
    if (!server) server = std::make_unique<Server>(script, options);
    return *server;
}

const std::string& Server::operator[](const std::string& key) const {
    static const std::string none;
    const auto found = values_.find(key);
    return found == values_.end() ? none : found->second;
}

Endpoint Server::endpoint() const {
    const auto& self = *this;
    Endpoint endpoint;
    endpoint.name = script_;
    endpoint.host = self["host"];
    endpoint.port = static_cast<std::uint16_t>(std::stoul(self["port"]));
    endpoint.username = self["username"];
    endpoint.password = Secret(self["password"]);
    endpoint.working_directory = self["path"];
    if (self["protocol"] == "sftp") {
        endpoint.protocol = Protocol::sftp;
        endpoint.sftp.host_keys = {self["host_key"]};
        endpoint.sftp.use_agent = false;
        if (self["password"].empty()) endpoint.sftp.private_key = Secret(read_file(self["private_key"]));
    } else if (self["protocol"] == "ftps") {
        endpoint.protocol = Protocol::ftps;
        endpoint.tls.mode =
            self["tls"] == "implicit" ? TlsOptions::Mode::implicit : TlsOptions::Mode::explicit_;
        endpoint.tls.ca = read_file(self["ca"]);
    }
    return endpoint;
}

std::string Server::log(std::string_view name) const {
    const auto path = std::filesystem::path((*this)["log"]) / name;
    return std::filesystem::exists(path) ? read_file(path) : std::string();
}

std::filesystem::path certificates() {
    static const auto folder = [] {
        auto made = std::make_unique<TemporaryFolder>();
        const auto result = run_process({script_path("make-certificates"), made->path().string()});
        if (result.status != 0) throw std::runtime_error("make-certificates failed: " + result.errors);
        return made;
    }();
    return folder->path();
}

}  // namespace fairlead::test
