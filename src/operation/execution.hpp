#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/operation.hpp"
#include "catalog/run.hpp"
#include "fairlead/file_system.hpp"
#include "net/rate_limit.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {
class Journal;
}

/// Operations at work: documents in, documents out, over the transfer engine.
namespace fairlead::operation {

/// A document that goes in. Its content is a file of this machine, so that what breaks off can be gone on
/// with, also by another process.
struct Input {
    std::string content;  ///< absolute path; empty: it has none
    catalog::Properties properties;
};

/// Where the content of documents that come out is put.
struct Output {
    std::string folder;     ///< absolute; must exist
    bool by_number = true;  ///< named by the document's number; else by the file's name, below the directories
                            ///< in which a recursive query found it
};

/// All that one execution needs beside the server.
struct Request {
    catalog::Operation operation;  ///< validated, nothing left to look up
    std::vector<Input> inputs;     ///< for query and list at most the first counts
    catalog::Parameters parameters;
    std::string zone = "UTC";  ///< of the server's clock, in which timestamps are told
    Output output;
    net::RateLimits limits;  ///< of bandwidth
    /// What an earlier execution of the same run recorded, by number: not done again, but for the deletion
    /// of sources that it did not come to.
    std::map<std::int64_t, catalog::RunFile> recorded;
};

/// Hears what becomes of each document. Called in order, one at a time.
class Listener {
  public:
    virtual ~Listener() = default;
    /// A document has come to an end, well or not; or, with the outcome "read", its content is here and its
    /// source is about to be deleted or moved: then it comes again. Must have recorded it when it returns.
    virtual awaitable<void> done(const catalog::RunFile& file) = 0;
    /// Asked right before something is published, moved or deleted. Throws where that is not for us to do any more.
    virtual awaitable<void> require_ours() = 0;
    /// An entry of a list.
    virtual awaitable<void> listed(const Entry& entry) = 0;
    /// Bytes were moved. Must not block or throw.
    virtual void moved(std::uint64_t /*bytes*/) {}
    /// Something that may pass failed, and will be tried again. Must not block or throw.
    virtual void retrying(const std::string& /*what*/, const Error& /*error*/, unsigned /*failures*/,
                          std::chrono::milliseconds /*wait*/) {}
};

/// The outcome that stands for a document whose source is still to be deleted or moved.
inline constexpr std::string_view kRead = "read";

struct Summary {
    std::uint64_t succeeded = 0, failed = 0;
    std::optional<Error> first_failure;
    catalog::RunState state() const noexcept;
};

/// Runs an operation: its documents one after the other, over the sessions of `remote` (with one session, all
/// of them share it). Each succeeds or fails on its own; when the server cannot be reached any more, each that
/// is left fails with that. The caller closes the sessions.
///
/// Throws Error{invalid_argument} for a filter or properties that cannot be used, what listing the directory
/// of query and list throws, and Error{cancelled}. What had been done by then was told to the listener.
awaitable<Summary> execute(const Request& request, transfer::Sessions& remote, transfer::Journal* journal,
                           Listener& listener);

/// The path of the content of a document that came out.
std::string content_path(const Output& output, const catalog::RunFile& file);

/// An entry as a document of `list`: fileName, fileType, linkPath, remoteDirectory and timestamp, and beside
/// them size, path, modified, mode, owner and group.
boost::json::object entry_document(const Entry& entry, const std::string& zone);

}  // namespace fairlead::operation
