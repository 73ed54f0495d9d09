#include "fairlead/client.hpp"

#include "service/connections.hpp"
#include "service/copy.hpp"
#include "service/workspace.hpp"
#include "transfer/journal.hpp"

namespace fairlead {

struct Client::Parts {
    explicit Parts(ClientOptions options)
        : workspace(std::move(options.data_directory)),
          journal(workspace.directory() + "/transfers"),
          project(std::move(options.project)) {}

    service::Workspace workspace;
    transfer::Journal journal;
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

awaitable<CopyResult> Client::copy(std::string from, std::string to, CopyOptions options) {
    return service::copy(parts_->workspace.connections(), parts_->journal, parts_->project, std::move(from),
                         std::move(to), std::move(options));
}

}  // namespace fairlead
