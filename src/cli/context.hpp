#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead::service {
class Workspace;
}
namespace fairlead::transfer {
class Journal;
}

namespace fairlead::cli {

/// What can be said before and after every verb.
struct GlobalOptions {
    std::string data;  ///< the data directory; empty: $FAIRLEAD_DATA or the XDG data home
    std::string project =
        "default";            ///< where names are looked up and made; `global` is seen from everywhere
    std::string environment;  ///< which values `${name}` takes
    bool json = false;
    bool quiet = false;           ///< no messages and no progress
    int verbosity = 0;            ///< 0, 1 (-v: steps), 2 (-vv: steps and notes)
    std::string process_bwlimit;  ///< what all transfers of this process may take together; empty: all
    bool trace = false;           ///< the protocol conversation on standard error
};

/// What a verb works with: the global options, the two outputs, the data directory, and a loop to run
/// coroutines. Results go to standard output; messages, progress and the trace go to standard error.
class Context {
  public:
    Context();
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    GlobalOptions options;

    /// What the process ends with when the verb returns. Failures are thrown; this is for exit statuses that
    /// are not failures of the whole, such as 10 (some items failed, others done).
    int exit_status = 0;

    /// Bytes, as they are, on standard output. Throws Error{cancelled} when nobody reads it any more and
    /// Error{no_space} or Error{internal} when it cannot be written.
    void out(std::string_view bytes);
    /// One line on standard output.
    void print(std::string_view line);
    /// One JSON document, on one line of standard output.
    void json(const boost::json::value& document);
    /// One line on standard error; nothing with --quiet.
    void note(std::string_view line);
    /// One line on standard error, from this verbosity on (1 is -v).
    void verbose(int level, std::string_view line);
    /// A warning on standard error, also with --quiet.
    void warn(std::string_view line);
    /// Makes sure that what was printed has left. Called at the end by main.
    void flush();

    /// Whether the reader of standard output has gone: a reason to end, but not to complain.
    bool output_is_closed() const noexcept { return output_is_closed_; }

    bool out_is_terminal() const noexcept { return out_is_terminal_; }
    bool error_is_terminal() const noexcept { return error_is_terminal_; }
    /// Columns of the terminal; nothing when standard output is none.
    std::optional<unsigned> width() const;

    /// What sessions should be opened with: prints the conversation (--trace) or the steps (-v), or null.
    Observer* observer();

    /// The data directory, opened (and made) on first use.
    service::Workspace& workspace();

    /// What this process has under way, written down in the data directory (made with the first transfer), so
    /// that another run can go on with it.
    transfer::Journal& journal();

    /// Runs a coroutine to its end on a single-threaded loop of its own and gives its result, or throws what
    /// it threw. The first SIGINT or SIGTERM cancels it (terminal cancellation: the coroutine sees
    /// Error{cancelled} and should keep what can be resumed); the second ends the process at once with status
    /// 130.
    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> result;
        run(keep_result(std::move(work), result));
        return std::move(*result);
    }
    void run(awaitable<void> work);

  private:
    template <class T>
    static awaitable<void> keep_result(awaitable<T> work, std::optional<T>& result) {
        result.emplace(co_await std::move(work));
    }

    [[noreturn]] void fail_output(int reason);

    bool output_is_closed_ = false;
    bool out_is_terminal_;
    bool error_is_terminal_;
    std::unique_ptr<Observer> observer_;
    std::unique_ptr<service::Workspace> workspace_;
    std::unique_ptr<transfer::Journal> journal_;
};

}  // namespace fairlead::cli
