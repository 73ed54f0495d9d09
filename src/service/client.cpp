#include "fairlead/client.hpp"

#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace fairlead {

struct Client::Parts {
    explicit Parts(ClientOptions options)
        : workspace(std::move(options.data_directory)), project(std::move(options.project)) {}

    service::Workspace workspace;
    std::string project;
};

Client::Client(ClientOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&& other) noexcept = default;
Client& Client::operator=(Client&& other) noexcept = default;

std::vector<std::string> Client::connections() const {
    return parts_->workspace.connections().names(parts_->project);
}

awaitable<std::unique_ptr<FileSystem>> Client::open(std::string_view name, Observer* observer) {
    return parts_->workspace.connections().open(parts_->project, std::string(name), {}, observer);
}

}  // namespace fairlead
