#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/utf8.hpp"
#include "cli/location.hpp"
#include "cli/verbs.hpp"
#include "ftp/reply_error.hpp"

namespace fairlead::cli {
namespace {

struct QuoteOptions {
    std::string location;
    std::vector<std::string> words;
    std::shared_ptr<ConnectionFlags> flags;
};

Location location_of(const std::string& text) {
    // NAME alone is a connection too: there is no raw command for local files.
    const bool bare = text.find(':') == std::string::npos;
    return parse_location(bare ? text + ":" : text);
}

awaitable<RawReply> ask(Context& context, const QuoteOptions& options, const std::string& command) {
    auto opened = co_await open_location(context, location_of(options.location), *options.flags);
    auto reply = co_await opened.files->raw_command(command);
    co_await opened.files->close();
    co_return reply;
}

void run_quote(Context& context, const QuoteOptions& options) {
    std::string command;
    for (const auto& word : options.words)
        command += (command.empty() ? "" : " ") + word;
    const auto reply = context.run(ask(context, options, command));
    if (context.options.json) {
        boost::json::array lines;
        for (const auto& line : reply.lines)
            lines.emplace_back(to_valid_utf8(line));
        context.json(boost::json::object{{"code", reply.code}, {"lines", std::move(lines)}});
    } else {
        for (const auto& line : reply.lines)
            context.print(to_printable(line));
    }
    if (reply.code < 400) return;
    ftp::Reply refusal;
    refusal.code = reply.code;
    refusal.lines = reply.lines;
    context.exit_status = exit_status(ftp::error_for(refusal, "quote").code);
}

}  // namespace

void add_quote(CLI::App& app, Context& context) {
    auto options = std::make_shared<QuoteOptions>();
    auto* verb = app.add_subcommand("quote", "Send a raw FTP command and show the reply");
    verb->add_option("LOC", options->location, "NAME of a connection, or a URL")->required()->type_name("");
    verb->add_option("COMMAND", options->words,
                     "The command, such as: SITE HELP (after -- where a word begins with -)")
        ->required()
        ->type_name("");
    verb->footer("The exit status follows the reply's code: 0 below 400, else as for every failure.");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] { run_quote(context, *options); });
}

}  // namespace fairlead::cli
