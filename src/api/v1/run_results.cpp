#include "api/v1/run_results.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <filesystem>

#include "api/v1/addresses.hpp"
#include "base/path.hpp"
#include "fairlead/open.hpp"
#include "operation/executor.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
constexpr std::size_t kPage = 200;

/// Below the directory that the operation worked in, where that can be told.
std::string name_of(const catalog::Run& run, const catalog::RunFile& file) {
    std::string base;
    const auto* operation = run.request.if_contains("operation");
    const auto* directory = operation != nullptr && operation->is_object()
                                ? operation->get_object().if_contains("remoteDirectory")
                                : nullptr;
    if (directory != nullptr && directory->is_string()) base = path::confine(std::string(directory->get_string()));
    const auto whole = path::confine(file.source);
    if (base.size() > 1 && whole.starts_with(base + "/")) return whole.substr(base.size() + 1);
    return whole.substr(1);
}

}  // namespace

std::string address_of_run(const catalog::Run& run) {
    return address_of(run.project, "runs", run.id);
}

std::string content_of(const std::string& data_directory, const catalog::Run& run, std::int64_t number) {
    auto path = fmt::format("{}/out/{}", service::Runs::folder(data_directory, run.id), number);
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) ? path : std::string();
}

json::object document_of(const std::string& data_directory, const catalog::Run& run, const catalog::RunFile& file) {
    auto document = catalog::to_json(file);
    document["contentUrl"] = nullptr;
    if (file.ok() && !content_of(data_directory, run, file.number).empty())
        document["contentUrl"] = fmt::format("{}/files/{}/content", address_of_run(run), file.number);
    return document;
}

RunResults::RunResults(Services& services, catalog::Run run)
    : services_(services),
      run_(std::move(run)),
      folder_(service::Runs::folder(services.workspaces.directory(), run_.id)),
      files_(open_local("/")) {}

RunResults::~RunResults() = default;

void RunResults::look_for_content(const catalog::RunFile& file) {
    content_.reset();
    stream_.reset();
    whole_ = false;
    path_ = file.ok() ? content_of(services_.workspaces.directory(), run_, file.number) : std::string();
    if (path_.empty()) return;
    std::error_code problem;
    const auto size = std::filesystem::file_size(path_, problem);
    if (problem) return;
    content_ = size;
    name_ = name_of(run_, file);
}

awaitable<std::optional<json::object>> RunResults::next() {
    if (run_.action == "list") co_return co_await next_entry();
    if (place_ == page_.size()) {
        page_.clear();
        place_ = 0;
        const service::Actor actor{"daemon", "daemon"};
        co_await services_.workspaces.run(actor, [&](service::Workspace& workspace) {
            page_ = service::Runs(workspace).store().files(run_.id, from_, kPage);
        });
        if (page_.empty()) co_return std::nullopt;
        from_ = page_.back().number + 1;
    }
    const auto& file = page_[place_++];
    look_for_content(file);
    co_return document_of(services_.workspaces.directory(), run_, file);
}

awaitable<std::optional<json::object>> RunResults::next_entry() {
    if (!stream_ && !whole_) {
        const auto path = operation::entries_path(folder_);
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) co_return std::nullopt;
        stream_ = co_await files_->open_read(path);
    }
    for (;;) {
        const auto end = lines_.find('\n', place_);
        if (end != std::string::npos) {
            auto entry = json::parse(std::string_view(lines_).substr(place_, end - place_)).as_object();
            place_ = end + 1;
            co_return entry;
        }
        if (whole_) co_return std::nullopt;
        lines_.erase(0, place_);
        place_ = 0;
        const auto bytes = co_await stream_->read();
        lines_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        whole_ = bytes.empty();
    }
}

awaitable<http::Bytes> RunResults::read() {
    if (!content_ || whole_) co_return http::Bytes{};
    if (!stream_) stream_ = co_await files_->open_read(path_);
    const auto bytes = co_await stream_->read();
    whole_ = bytes.empty();
    if (whole_) stream_.reset();
    co_return http::Bytes(bytes.begin(), bytes.end());
}

}  // namespace fairlead::api
