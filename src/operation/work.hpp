#pragma once

#include <functional>

#include "operation/execution.hpp"
#include "transfer/attempt_log.hpp"
#include "transfer/attempts.hpp"
#include "transfer/options.hpp"

/// What the verbs of one execution share.
namespace fairlead::operation {

class Work {
  public:
    Work(const Request& request, transfer::Sessions& remote, transfer::Sessions& local,
         transfer::Journal* journal, Listener& listener);

    const Request& request;
    transfer::Sessions& remote;
    transfer::Sessions& local;  ///< this machine
    Listener& listener;
    Summary summary;
    transfer::AttemptLog log;  ///< of the document that is being worked on

    /// A document begins: its history goes on with what an earlier execution of this run has recorded of it.
    void begin(std::int64_t number);

    /// Does something on a session to the server, and again while what fails may pass. `doubtful` tells the
    /// work that an earlier try may have been done without its answer arriving. `heard` logs the attempts, where they are
    /// the document's.
    awaitable<void> ask(std::string what, std::function<awaitable<void>(FileSystem&, bool doubtful)> use,
                        transfer::AttemptLog* heard = nullptr);
    awaitable<std::optional<Entry>> look(std::string path);
    /// Makes a directory with its parents.
    awaitable<void> make_directory(std::string path);

    /// Moves one file from or to the server, as far as its final name.
    awaitable<transfer::Staged> move(bool upload, transfer::Job job, const transfer::Options& options, bool durable);
    /// Deletes or moves the source of a file that came from the server.
    awaitable<void> settle(const transfer::Staged& staged, const transfer::Options& options);
    /// Nothing of it is open any more: after it was recorded.
    void conclude(transfer::Staged& staged);

    /// Records what became of a document, and counts it.
    awaitable<void> report(catalog::RunFile file);
    /// Records a document of which only the source is left to deal with; does not count it.
    awaitable<void> report_read(catalog::RunFile file);

    /// What every document that is left fails with, once the server cannot be reached any more.
    std::optional<Error> lost;

    transfer::Options options_of(const catalog::Operation& operation) const;

  private:
    transfer::Ways ways(bool upload);
    transfer::Patience patience() const;
    void add_history(catalog::RunFile& file) const;

    transfer::Journal* journal_;
    class Moved;
};

/// The time of the machine.
Time now();

/// "File Name", "Remote Directory" and, where the entry is known, "Timestamp" and ours.
boost::json::object properties_of(const std::string& path, const std::optional<Entry>& entry,
                                  const std::string& zone);

// The verbs. Each does one document, or all of a directory, and throws what it failed with; `file` is filled in
// as far as things are known.
awaitable<void> create(Work& work, const catalog::Operation& operation, const Input& input,
                       catalog::RunFile& file, transfer::Staged& staged);
awaitable<void> upsert(Work& work, const catalog::Operation& operation, const Input& input,
                       catalog::RunFile& file, transfer::Staged& staged);
awaitable<void> get(Work& work, const catalog::Operation& operation, catalog::RunFile& file,
                    transfer::Staged& staged);
awaitable<void> remove(Work& work, const catalog::Operation& operation, catalog::RunFile& file);
awaitable<void> move(Work& work, const catalog::Operation& operation, catalog::RunFile& file);
awaitable<void> query(Work& work, const catalog::Operation& operation);
awaitable<void> list(Work& work, const catalog::Operation& operation);

}  // namespace fairlead::operation
