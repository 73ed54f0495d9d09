#pragma once

#include <atomic>
#include <string>

#include "catalog/flow.hpp"
#include "flow/ledger.hpp"
#include "flow/place.hpp"

namespace fairlead::flow {

/// Hears what happens while a run is under way; everything else is in its record. Must not throw.
class Listener {
  public:
    virtual ~Listener() = default;
    virtual void done(const catalog::RunFile& /*file*/) {}
    virtual void retrying(const std::string& /*what*/, const Error& /*error*/, unsigned /*failures*/,
                          std::chrono::milliseconds /*wait*/) {}
};

/// What one run of a flow is asked for.
struct Request {
    catalog::Flow flow;  ///< validated, nothing left to look up
    std::string only;    ///< the path of the one file that is meant; empty: all
    bool waits = false;  ///< for the flow's other run to end; else that is an error
};

/// What the parts of one run share.
struct Work {
    Work(const Request& request_, Places& places_, service::HeldRun& held, Listener& listener_);

    const Request& request;
    const catalog::Flow& flow;
    Places& places;
    Ledger ledger;
    Listener& listener;
    transfer::Patience patience;
    transfer::Retrying retrying;

    std::atomic<bool> stopped = false;  ///< what runs on other threads is to end
    std::uint64_t succeeded = 0, failed = 0;
    std::optional<Error> first_failure;

    /// A file of the run's history, with the next number.
    catalog::RunFile begin_file(const catalog::FileVersion& version);
    /// Counts it and tells the listener. The caller has recorded it.
    void count(const catalog::RunFile& file);
    /// Records something of which the ledger knows nothing, such as a directory that cannot be listed.
    awaitable<void> report_problem(const std::string& path, const Error& error);

    /// What a template can say of a version.
    std::string filled(std::string_view text, const catalog::FileVersion& version) const;
    /// The source's path, as a whole one.
    std::string source_path() const;

  private:
    std::int64_t next_number_;
};

/// Delivers a version to each target that lacks it, and records each. Gives whether every target has it. What
/// fails is recorded; only a cancellation and the loss of the run are thrown.
awaitable<bool> deliver(Work& work, catalog::FileVersion& version, const Entry& entry);

/// Finds out what became of what was being published of a version whose source is not there any more, and records it.
/// Gives whether every target has it.
awaitable<bool> look_back(Work& work, catalog::FileVersion& version);

/// Deals with the source of a version that every target has, as the flow says, and records it. One that is gone, or
/// has been replaced by another version, is as it should be. Gives what keeps it from being done.
awaitable<std::optional<Error>> clean(Work& work, catalog::FileVersion& version);

/// Counts a failure against a version, and moves its source aside, or gives it up, where that is due.
awaitable<void> hold_against(Work& work, catalog::FileVersion& version, const Error& error);

/// Looks for files and delivers what is due. The work of a run (service::hold_run): throws what keeps the source
/// from being looked at.
awaitable<service::RunEnd> conduct(service::HeldRun& held, Request request, Places places, Listener& listener);

}  // namespace fairlead::flow
