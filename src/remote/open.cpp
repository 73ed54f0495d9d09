#include "fairlead/open.hpp"

#include "net/cancellable.hpp"
#include "remote/ftp_file_system.hpp"
#include "remote/jail_file_system.hpp"
#include "remote/sftp_file_system.hpp"
#include "remote/trace_file_system.hpp"

namespace fairlead {

namespace {

awaitable<std::unique_ptr<FileSystem>> open_confined(const Endpoint& endpoint, OpenOptions options) {
    std::unique_ptr<FileSystem> files;
    if (endpoint.protocol == Protocol::sftp)
        files = co_await open_sftp(endpoint, options);
    else
        files = co_await open_ftp(endpoint, options);
    files = confine_to(std::move(files), endpoint.working_directory);
    if (options.observer != nullptr) files = trace_operations(std::move(files), *options.observer);
    co_return files;
}

}  // namespace

awaitable<std::unique_ptr<FileSystem>> open(const Endpoint& endpoint, OpenOptions options) {
    return net::cancellable(open_confined(endpoint, options), "open");
}

}  // namespace fairlead
