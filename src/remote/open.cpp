#include "fairlead/open.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "base/mask.hpp"
#include "net/cancellable.hpp"
#include "remote/ftp_file_system.hpp"
#include "remote/jail_file_system.hpp"
#include "remote/masked_observer.hpp"
#include "remote/sftp_file_system.hpp"
#include "remote/trace_file_system.hpp"

namespace fairlead {

namespace {

/// What a session may not say, and who listens to it without hearing that.
struct Discretion {
    Discretion(std::vector<Secret> hidden, Observer* listener) : mask(std::move(hidden)) {
        if (listener != nullptr) observer.emplace(mask, *listener);
    }
    Mask mask;
    std::optional<MaskedObserver> observer;
};

awaitable<std::unique_ptr<FileSystem>> open_confined(const Endpoint& endpoint, OpenOptions options,
                                                     std::shared_ptr<const Mask> mask) {
    std::unique_ptr<FileSystem> files;
    if (endpoint.protocol == Protocol::sftp)
        files = co_await open_sftp(endpoint, options);
    else
        files = co_await open_ftp(endpoint, options);
    files = confine_to(std::move(files), endpoint.working_directory, std::move(mask));
    if (options.observer != nullptr) files = trace_operations(std::move(files), *options.observer);
    co_return files;
}

awaitable<std::unique_ptr<FileSystem>> open_discreetly(const Endpoint& endpoint, OpenOptions options) {
    const auto discretion = std::make_shared<Discretion>(endpoint.hidden, options.observer);
    if (discretion->observer) options.observer = &*discretion->observer;
    try {
        co_return co_await open_confined(endpoint, options, {discretion, &discretion->mask});
    } catch (Error& error) {
        discretion->mask.hide(error);
        throw;
    }
}

}  // namespace

awaitable<std::unique_ptr<FileSystem>> open(const Endpoint& endpoint, OpenOptions options) {
    return net::cancellable(
        endpoint.hidden.empty() ? open_confined(endpoint, options, nullptr) : open_discreetly(endpoint, options), "open");
}

}  // namespace fairlead
