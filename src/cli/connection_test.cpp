// connection test

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/utf8.hpp"
#include "catalog/connection.hpp"
#include "catalog/url.hpp"
#include "cli/connection.hpp"
#include "cli/connection_options.hpp"
#include "service/connection_test.hpp"
#include "service/secret_lookup.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

struct TestOptions {
    std::string name;
    bool write = false;
    std::shared_ptr<ConnectionFlags> flags;
};

/// The saved connection with the flags laid over it, or what the flags alone say.
Endpoint endpoint_of(Context& context, const TestOptions& options) {
    const auto& given = options.flags->resolve(options.name.empty());
    if (!options.name.empty())
        return catalog::resolve(
            context.workspace().connections().usable(context.options.project, options.name, given));
    if (!given.has("host"))
        throw Error(ErrorCode::invalid_argument, "There is nothing to test.")
            .hinting("name a saved connection, or say with --url or --host which server");
    std::vector<Fault> faults;
    auto connection = catalog::apply(catalog::Connection{}, given, faults);
    connection.name = "unsaved";
    service::look_up_given_secrets(connection);
    catalog::require_valid(connection, std::move(faults));
    return catalog::resolve(connection);
}

void print_step(Context& context, const service::TestStep& step) {
    const auto detail = to_printable(step.detail);
    context.print(fmt::format("{:<10} {:>6} ms  {:<6}  {}", step.step, step.time.count(),
                              step.ok ? "ok" : "FAILED", detail));
    if (!step.hint.empty()) context.print(fmt::format("{:<29}fix: {}", "", to_printable(step.hint)));
    context.flush();
}

std::string words_of(const Abilities& a) {
    std::string text;
    const auto add = [&](bool has, std::string_view word) {
        if (has) text.append(text.empty() ? "" : ", ").append(word);
    };
    add(a.machine_listing, "exact listings");
    add(a.utf8, "UTF-8 names");
    add(a.resume_read, "resume downloads");
    add(a.resume_write, "resume uploads");
    add(a.append, "append");
    add(a.atomic_replace, "atomic replace");
    add(a.set_modified, "set times");
    add(a.set_mode, "set modes");
    add(a.symlinks, "links");
    add(a.copy, "copy on the server");
    add(a.sync, "sync to disk");
    add(a.raw_command, "raw commands");
    for (const auto checksum : a.checksums)
        add(true, to_string(checksum));
    add(true, fmt::format("times to the {}", to_string(a.modified_precision)));
    return text;
}

void print_peer(Context& context, const service::TestReport& report) {
    const auto line = [&](std::string_view label, std::string_view text) {
        if (!text.empty()) context.print(fmt::format("{:<10} {}", label, to_printable(text)));
    };
    line("identity", report.peer.identity);
    line("security", report.peer.security);
    line("server", report.peer.server);
    if (report.abilities) line("abilities", words_of(*report.abilities));
}

void run_test(Context& context, const TestOptions& options) {
    service::TestOptions how;
    how.write = options.write;
    how.environment = context.options.environment;
    how.observer = context.observer();
    if (!context.options.json)
        how.on_step = [&context](const service::TestStep& step) { print_step(context, step); };
    auto report = context.run(service::test(endpoint_of(context, options), std::move(how)));
    if (context.options.json)
        context.json(service::to_json(report));
    else
        print_peer(context, report);
    if (report.error) throw std::move(*report.error);
    if (!context.options.json) context.note("The connection works.");
}

}  // namespace

void add_connection_test(CLI::App& connection, Context& context) {
    auto options = std::make_shared<TestOptions>();
    auto* verb = connection.add_subcommand("test",
                                           "Reach the server step by step and say what was found; a saved "
                                           "connection, with flags laid over it, or "
                                           "flags alone");
    verb->add_option("NAME", options->name, "The name of a saved connection, or a URL")->type_name("");
    verb->add_flag("--write", options->write, "Also write, rename and delete a small file");
    options->flags = add_connection_options(*verb);
    verb->callback([options, &context] {
        if (catalog::looks_like_url(options->name)) options->flags->url = std::exchange(options->name, {});
        run_test(context, *options);
    });
}

}  // namespace fairlead::cli
