#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "base/run_alone.hpp"
#include "fairlead/client.hpp"
#include "fairlead/handle.hpp"

namespace fairlead {

namespace asio = boost::asio;

struct BlockingHandle::Parts {
    asio::io_context loop{1};
    std::optional<Handle> handle;

    template <class T>
    auto operator()(awaitable<T> work) {
        return run_alone(loop, std::move(work));
    }
    ~Parts() {
        try {
            if (handle) run_alone(loop, handle->close());
        } catch (const std::exception&) {
            // Closed already, or the other side is gone.
        }
        handle.reset();
    }
};

BlockingHandle::BlockingHandle(Client& client, std::string_view name, HandleOptions options)
    : parts_(std::make_unique<Parts>()) {
    parts_->handle.emplace((*parts_)(Handle::open(client, name, std::move(options))));
}

BlockingHandle::BlockingHandle(Endpoint endpoint, HandleOptions options) : parts_(std::make_unique<Parts>()) {
    parts_->handle.emplace((*parts_)(Handle::open(std::move(endpoint), std::move(options))));
}

BlockingHandle::~BlockingHandle() = default;
BlockingHandle::BlockingHandle(BlockingHandle&& other) noexcept = default;
BlockingHandle& BlockingHandle::operator=(BlockingHandle&& other) noexcept = default;

const std::string& BlockingHandle::directory() const noexcept {
    return parts_->handle->directory();
}
const std::optional<Error>& BlockingHandle::last_error() const noexcept {
    return parts_->handle->last_error();
}
const HandleResult& BlockingHandle::last_result() const noexcept {
    return parts_->handle->last_result();
}
void BlockingHandle::change_directory(std::string path) {
    (*parts_)(parts_->handle->change_directory(std::move(path)));
}
DirectoryContent BlockingHandle::list(std::string path) {
    return (*parts_)(parts_->handle->list(std::move(path)));
}
Entry BlockingHandle::stat(std::string path) {
    return (*parts_)(parts_->handle->stat(std::move(path)));
}
bool BlockingHandle::file_exists(std::string path) {
    return (*parts_)(parts_->handle->file_exists(std::move(path)));
}
bool BlockingHandle::directory_exists(std::string path) {
    return (*parts_)(parts_->handle->directory_exists(std::move(path)));
}
HandleResult BlockingHandle::download_files(std::vector<std::string> files, std::string into,
                                            HandleTransferOptions options) {
    return (*parts_)(parts_->handle->download_files(std::move(files), std::move(into), std::move(options)));
}
HandleResult BlockingHandle::download_folders(std::vector<std::string> folders, std::string into,
                                              HandleTransferOptions options) {
    return (*parts_)(
        parts_->handle->download_folders(std::move(folders), std::move(into), std::move(options)));
}
HandleResult BlockingHandle::upload_files(std::vector<std::string> files, std::string remote,
                                          HandleTransferOptions options) {
    return (*parts_)(parts_->handle->upload_files(std::move(files), std::move(remote), std::move(options)));
}
HandleResult BlockingHandle::upload_folders(std::vector<std::string> folders, std::string remote,
                                            bool contents, HandleTransferOptions options) {
    return (*parts_)(
        parts_->handle->upload_folders(std::move(folders), std::move(remote), contents, std::move(options)));
}
HandleResult BlockingHandle::synchronize(SynchronizeOptions options) {
    return (*parts_)(parts_->handle->synchronize(std::move(options)));
}
HandleResult BlockingHandle::remove_files(std::vector<std::string> files) {
    return (*parts_)(parts_->handle->remove_files(std::move(files)));
}
std::string BlockingHandle::rename(std::string path, std::string new_name, bool replace) {
    return (*parts_)(parts_->handle->rename(std::move(path), std::move(new_name), replace));
}
std::vector<std::string> BlockingHandle::make_directory(std::string path) {
    return (*parts_)(parts_->handle->make_directory(std::move(path)));
}
HandleResult BlockingHandle::remove_directory(std::string path) {
    return (*parts_)(parts_->handle->remove_directory(std::move(path)));
}
RawReply BlockingHandle::command(std::string command, std::string valid_codes) {
    return (*parts_)(parts_->handle->command(std::move(command), std::move(valid_codes)));
}
void BlockingHandle::close() {
    (*parts_)(parts_->handle->close());
}

}  // namespace fairlead
