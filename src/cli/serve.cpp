#include <pthread.h>
#include <signal.h>

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/quantity.hpp"
#include "base/side_task.hpp"
#include "cli/daemon.hpp"
#include "cli/json_log.hpp"
#include "cli/listen_address.hpp"
#include "cli/store_option.hpp"
#include "cli/systemd.hpp"
#include "cli/verbs.hpp"
#include "fairlead/error.hpp"
#include "net/egress.hpp"
#include "service/version.hpp"

namespace fairlead::cli {
namespace {

namespace asio = boost::asio;

struct ServeOptions {
    std::string listen = "127.0.0.1:8480";
    std::string certificate;
    std::string key;
    std::string log_level = "info";
    bool insecure = false;
    std::vector<std::string> flow_folders;
    std::string smtp_url, smtp_from, smtp_user, smtp_password_file;
    unsigned runs_at_once = 8;
    std::uint64_t alert_attempts = 50;
    std::string lease = "30s";
    std::string lost_nodes = "15m";
    std::string keep_runs = "30d";
    std::string keep_documents = "1d";
    std::string keep_audit;
    std::string keep_events = "7d";
    std::string keep_deliveries;
    std::vector<std::string> egress_allow;
    std::vector<std::string> egress_deny;
};

void require_safe(const ListenAddress& address, const ServeOptions& options) {
    if (address.loopback || !options.certificate.empty() || options.insecure) return;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("Listening on {} would let tokens and files cross the network in clear text.",
                            address.host))
        .hinting(
            "give --tls-certificate and --tls-key, or listen on 127.0.0.1 behind a proxy that does TLS; "
            "--insecure-listen does it all the same");
}

net::MailServer mail_server(const ServeOptions& options) {
    net::MailServer server;
    server.url = options.smtp_url;
    server.from = options.smtp_from;
    server.user = options.smtp_user;
    if (server.url.empty()) return server;
    const auto refuse = [](std::string flag, const std::string& value, std::string problem) {
        Error error(ErrorCode::invalid_argument, fmt::format("--{} {}.", flag, problem));
        error.faults.push_back({std::move(flag), value, std::move(problem)});
        return error;
    };
    const bool plain = server.url.starts_with("smtp://");
    if (!plain && !server.url.starts_with("smtps://"))
        throw refuse("smtp-url", server.url, "must begin with smtp:// or smtps://");
    if (server.from.find('@') == std::string::npos) throw refuse("smtp-from", server.from, "must be the sender's address");
    // In clear only to this machine.
    const auto host = server.url.substr(server.url.find("://") + 3);
    server.requires_tls = !(host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]"));
    if (options.smtp_password_file.empty()) return server;
    std::ifstream file(options.smtp_password_file);
    if (!std::getline(file, server.password))
        throw refuse("smtp-password-file", options.smtp_password_file, "cannot be read");
    return server;
}

DaemonOptions daemon_options(const ServeOptions& options, const Context& context) {
    if (options.certificate.empty() != options.key.empty())
        throw Error(ErrorCode::invalid_argument, "--tls-certificate and --tls-key are given together.");
    DaemonOptions result;
    result.store = chosen_store();
    result.data = context.options.data;
    result.flow_folders = options.flow_folders;
    result.mail = mail_server(options);
    result.alert_attempts = options.alert_attempts;
    result.runner.at_once = options.runs_at_once;
    result.runner.lease = parse_duration(options.lease, "lease");
    if (result.runner.lease < std::chrono::seconds(1) || result.runner.lease > std::chrono::hours(1)) {
        Error error(ErrorCode::invalid_argument, fmt::format("--lease must be from 1s to 1h, not {}.", options.lease));
        error.faults.push_back({"lease", options.lease, "must be from 1s to 1h"});
        throw error;
    }
    result.runner.lost_nodes = parse_duration(options.lost_nodes, "lost-nodes");
    if (result.runner.lost_nodes < std::chrono::seconds(1)) {
        Error error(ErrorCode::invalid_argument, fmt::format("--lost-nodes must be 1s or more, not {}.", options.lost_nodes));
        error.faults.push_back({"lost-nodes", options.lost_nodes, "must be 1s or more"});
        throw error;
    }
    result.runner.retention.keep_runs = parse_duration(options.keep_runs, "keep-runs");
    result.runner.keep_documents = parse_duration(options.keep_documents, "keep-documents");
    if (!options.keep_audit.empty()) result.runner.keep_audit = parse_duration(options.keep_audit, "keep-audit");
    result.keep_events = parse_duration(options.keep_events, "keep-events");
    if (!options.keep_deliveries.empty())
        result.keep_deliveries = parse_duration(options.keep_deliveries, "keep-deliveries");
    result.server.certificate_file = options.certificate;
    result.server.key_file = options.key;
    result.server.descriptor = activated_socket();
    const auto address = result.server.descriptor >= 0 ? address_of_socket(result.server.descriptor)
                                                       : parse_listen_address(options.listen);
    require_safe(address, options);
    result.server.address = address.host;
    result.server.port = address.port;
    return result;
}

/// Signals that end the process, or would: held back from before the first request can come until somebody
/// listens to them, so that who asks this process to stop as soon as it answers does not kill it.
class HeldSignals {
  public:
    HeldSignals() {
        sigemptyset(&signals_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            sigaddset(&signals_, signal);
        pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    }
    ~HeldSignals() { let_go(); }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    void let_go() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t signals_{}, before_{};
};

/// Waits until it is cancelled; meanwhile SIGHUP reads the certificate again, and the service manager hears
/// that this process is alive.
awaitable<void> watch(http::Server& server, HeldSignals& held) {
    const auto executor = co_await asio::this_coro::executor;
    asio::signal_set hangups(executor, SIGHUP);
    std::function<void()> listen = [&] {
        hangups.async_wait([&](const boost::system::error_code& stopped, int) {
            if (stopped) return;
            server.reload_certificate();
            listen();
        });
    };
    listen();
    held.let_go();
    struct Until {
        asio::signal_set& signals;
        ~Until() {
            boost::system::error_code ignored;
            signals.cancel(ignored);
        }
    } until{hangups};
    const auto wanted = manager_watchdog();
    asio::steady_timer timer(executor);
    for (boost::system::error_code stopped; !stopped;) {
        timer.expires_after(wanted ? *wanted / 2 : std::chrono::microseconds(std::chrono::hours(1)));
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
        if (!stopped && wanted) notify_manager("WATCHDOG=1");
    }
}

void run_serve(const ServeOptions& options, Context& context) {
    JsonLog log(parse_log_level(options.log_level));
    net::set_egress_policy(std::make_shared<net::EgressPolicy>(options.egress_allow, options.egress_deny));
    auto daemon_wish = daemon_options(options, context);
    const auto scheme = options.certificate.empty() ? "http" : "https";
    const auto host = daemon_wish.server.address.find(':') == std::string::npos
                          ? daemon_wish.server.address
                          : fmt::format("[{}]", daemon_wish.server.address);
    {
        HeldSignals held;
        Daemon daemon(std::move(daemon_wish), log);
        const auto url = fmt::format("{}://{}:{}", scheme, host, daemon.server().port());
        if (!daemon.new_token_file().empty()) {
            log.write(LogLevel::info, "first token", {{"file", daemon.new_token_file()}});
            context.note(
                fmt::format("A token for the administrator was written to {}", daemon.new_token_file()));
        }
        log.write(LogLevel::info, "listening", {{"url", url}, {"version", service::version()}});
        if (context.options.json)
            context.json(boost::json::object{{"url", url}, {"adminTokenFile", daemon.new_token_file()}});
        else
            context.print(fmt::format("Listening on {}", url));
        context.flush();
        notify_manager(fmt::format("READY=1\nSTATUS=Listening on {}", url));
        try {
            context.run(watch(daemon.server(), held));
        } catch (const Error& error) {
            if (error.code != ErrorCode::cancelled) throw;
        }
        notify_manager("STOPPING=1");
        log.write(LogLevel::info, "stopping");
    }
    log.write(LogLevel::info, "stopped");
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
    auto options = std::make_shared<ServeOptions>();
    auto* verb = app.add_subcommand("serve", "Serve the REST API until SIGTERM or Ctrl-C");
    verb->add_option("--listen", options->listen, "Where to listen; port 0 is any that is free")
        ->type_name("ADDRESS:PORT")
        ->capture_default_str();
    verb->add_option(
            "--tls-certificate", options->certificate,
            "Serve HTTPS with this certificate and its chain (PEM); read again when the file changes, and "
            "at SIGHUP")
        ->type_name("FILE");
    verb->add_option("--tls-key", options->key, "The private key that belongs to it (PEM)")
        ->type_name("FILE");
    verb->add_flag("--insecure-listen", options->insecure,
                   "Listen on other addresses than loopback without TLS too");
    verb->add_option(
            "--egress-allow", options->egress_allow,
            "Connect to these only: networks (10.0.0.0/8), addresses, host names, *.domain; may be given "
            "several times. Cloud metadata and link-local addresses are refused unless named here themselves")
        ->type_name("RULE");
    verb->add_option("--egress-deny", options->egress_deny, "Never connect to these, whatever is allowed")
        ->type_name("RULE");
    verb->add_option("--smtp-url", options->smtp_url,
                     "The mail server for what flows and operations tell: smtp://HOST[:PORT] (TLS required unless it is this machine) or smtps://")
        ->type_name("URL");
    verb->add_option("--smtp-from", options->smtp_from, "The sender's address of such mails")->type_name("ADDRESS");
    verb->add_option("--smtp-user", options->smtp_user, "Log in there as this user")->type_name("USER");
    verb->add_option("--smtp-password-file", options->smtp_password_file, "The file with the user's password")->type_name("FILE");
    verb->add_option("--alert-attempts", options->alert_attempts,
                     "How often something is told to a webhook or mailed for a flow or operation before it becomes a dead letter; 50 are "
                     "some seven hours")
        ->type_name("N")
        ->check(CLI::Range(1U, 100'000U))
        ->capture_default_str();
    verb->add_option("--flow-folder", options->flow_folders,
                     "A folder of this machine that flows may read and write, with all below it; none unless it is said")
        ->type_name("DIR")
        ->allow_extra_args(false);
    verb->add_option("--runs-at-once", options->runs_at_once, "How many runs are executed at once; more wait")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    verb->add_option("--lease", options->lease,
                     "How long this daemon may be silent (stopped, cut off from the store) before another one takes "
                     "its runs over")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--lost-nodes", options->lost_nodes,
                     "When another daemon on the store was silent for so long, runs whose documents lie there fail")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--keep-runs", options->keep_runs, "Forget runs that ended longer ago, with what came out of them")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--keep-documents", options->keep_documents,
                     "Remove documents that came in and out over HTTP, once their run ended well so long ago")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--keep-audit", options->keep_audit,
                     "Forget entries of the audit that are older, but for those of what still exists; else they are "
                     "kept for ever")
        ->type_name("TIME");
    verb->add_option("--keep-events", options->keep_events,
                     "Forget events that all who take them are done with, after this time")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--keep-deliveries", options->keep_deliveries,
                     "Forget deliveries that are older, but for those of files that may still be at their source; else they "
                     "are kept for ever")
        ->type_name("TIME");
    verb->add_option("--log-level", options->log_level,
                     "What to log, as lines of JSON on standard error: debug, info, warning, error")
        ->type_name("LEVEL")
        ->capture_default_str();
    verb->callback([options, &context] { run_serve(*options, context); });
}

}  // namespace fairlead::cli
