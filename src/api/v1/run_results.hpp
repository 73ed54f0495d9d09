#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/services.hpp"
#include "catalog/run.hpp"
#include "http/message.hpp"

namespace fairlead {
class ReadStream;
class FileSystem;
}  // namespace fairlead

namespace fairlead::api {

/// The documents that came out of a run, one after the other, a page of them in memory and a piece of content.
class RunResults {
  public:
    /// `services` must outlive this object.
    RunResults(Services& services, catalog::Run run);
    ~RunResults();
    RunResults(const RunResults&) = delete;
    RunResults& operator=(const RunResults&) = delete;

    const catalog::Run& run() const noexcept { return run_; }

    /// What became of the next document; nothing at the end. Of a list: its entries, as they are.
    awaitable<std::optional<boost::json::object>> next();
    /// Whether there is content of the document that came last, and how much.
    std::optional<std::uint64_t> content_size() const noexcept { return content_; }
    /// The name that it has among the others: its path below the operation's directory, without a slash in front.
    const std::string& name() const noexcept { return name_; }
    /// More of the content; none at its end.
    awaitable<http::Bytes> read();

  private:
    awaitable<std::optional<boost::json::object>> next_entry();
    void look_for_content(const catalog::RunFile& file);

    Services& services_;
    catalog::Run run_;
    std::string folder_;
    std::vector<catalog::RunFile> page_;
    std::size_t place_ = 0;
    std::int64_t from_ = 0;
    std::optional<std::uint64_t> content_;
    std::string name_;
    std::string path_;
    std::unique_ptr<FileSystem> files_;
    std::unique_ptr<ReadStream> stream_;
    std::string lines_;  // of a list's entries
    bool whole_ = false;
};

/// Where the content of one of a run's documents lies here; empty: nothing does.
std::string content_of(const std::string& data_directory, const catalog::Run& run, std::int64_t number);
/// The document of one file, with the address of its content where there is some.
boost::json::object document_of(const std::string& data_directory, const catalog::Run& run,
                                const catalog::RunFile& file);
/// "/v1/projects/PROJECT/runs/ID"
std::string address_of_run(const catalog::Run& run);

}  // namespace fairlead::api
