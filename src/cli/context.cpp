#include "cli/context.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/utf8.hpp"
#include "cli/store_option.hpp"
#include "cli/trace.hpp"
#include "fairlead/error.hpp"
#include "service/workspace.hpp"
#include "transfer/journal.hpp"

namespace fairlead::cli {
namespace {

void print_error_line(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fputc('\n', stderr);
}

}  // namespace

Context::Context()
    : out_is_terminal_(::isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(::isatty(STDERR_FILENO) == 1) {
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error code too
    std::signal(SIGPIPE,
                SIG_IGN);  // a peer or reader that goes away is an error code, not the end of the process
}

Context::~Context() = default;

void Context::out(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) fail_output(errno);
}

void Context::fail_output(int reason) {
    output_is_closed_ = reason == EPIPE;
    if (output_is_closed_) throw Error(ErrorCode::cancelled, "Nobody reads the standard output any more.");
    const auto code = reason == ENOSPC ? ErrorCode::no_space : ErrorCode::internal;
    throw Error(code, fmt::format("Writing to standard output failed: {}.", std::strerror(reason)));
}

void Context::print(std::string_view line) {
    out(line);
    out("\n");
}

void Context::json(const boost::json::value& document) {
    print(boost::json::serialize(document));
}

void Context::note(std::string_view line) {
    if (!options.quiet) print_error_line(line);
}

void Context::verbose(int level, std::string_view line) {
    if (options.verbosity >= level) print_error_line(line);
}

void Context::warn(std::string_view line) {
    print_error_line(fmt::format("fairlead: warning: {}", to_printable(line)));
}

void Context::flush() {
    if (std::fflush(stdout) != 0) fail_output(errno);
}

std::optional<unsigned> Context::width() const {
    winsize size{};
    if (!out_is_terminal_ || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return std::nullopt;
    return size.ws_col;
}

Observer* Context::observer() {
    if (!options.trace && options.verbosity == 0) return nullptr;
    if (!observer_) observer_ = std::make_unique<TracePrinter>(options.trace ? 3 : options.verbosity);
    return observer_.get();
}

service::Workspace& Context::workspace() {
    if (!workspace_) {
        workspace_ = std::make_unique<service::Workspace>(options.data, chosen_store());
        workspace_->use_environment(options.environment);
    }
    return *workspace_;
}

transfer::Journal& Context::journal() {
    if (!journal_)
        journal_ = std::make_unique<transfer::Journal>(service::Workspace::choose_directory(options.data) +
                                                       "/transfers");
    return *journal_;
}

}  // namespace fairlead::cli
