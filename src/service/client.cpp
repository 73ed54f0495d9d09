#include "fairlead/client.hpp"

#include <boost/asio/this_coro.hpp>

#include "fairlead/handle.hpp"
#include "service/connections.hpp"
#include "service/copy.hpp"
#include "service/handle_impl.hpp"
#include "service/workspace.hpp"
#include "transfer/journal.hpp"

namespace fairlead {

struct Client::Parts {
    explicit Parts(ClientOptions options)
        : workspace(std::move(options.data_directory), options.store),
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

awaitable<Handle> Handle::open(Client& client, std::string_view name, HandleOptions options) {
    auto& parts = *client.parts_;
    auto& connections = parts.workspace.connections();
    service::Target target;
    target.endpoint = connections.endpoint(parts.project, name, {});
    target.accepted_host_key = [&parts, saved = std::string(name)](const std::string& fingerprint) {
        parts.workspace.connections().record_host_key(parts.project, saved, fingerprint);
    };
    auto pools = std::make_unique<service::Pools>(co_await boost::asio::this_coro::executor);
    auto impl = co_await service::open_handle(*pools, &parts.journal, std::move(target), std::move(options));
    impl->pools = std::move(pools);
    co_return Handle(std::move(impl));
}

}  // namespace fairlead
