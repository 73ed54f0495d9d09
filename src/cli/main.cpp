#include <fmt/format.h>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "base/near.hpp"
#include "cli/report.hpp"
#include "cli/store_option.hpp"
#include "cli/verbs.hpp"
#include "service/secret_lookup.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

constexpr int kBrokenPipe = 128 + SIGPIPE;

/// "password-env" as FAIRLEAD_PASSWORD_ENV.
std::string environment_variable(const std::string& flag) {
    std::string variable = "FAIRLEAD_";
    for (const char c : flag)
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return variable;
}

/// The --config file, without what the environment says otherwise: flags win over the environment, and that
/// over the file.
class FlagFile final : public CLI::ConfigTOML {
  public:
    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        auto items = CLI::ConfigTOML::from_config(input);
        std::erase_if(items, [](const CLI::ConfigItem& item) {
            return std::getenv(environment_variable(item.name).c_str()) != nullptr;
        });
        return items;
    }
};

void add_global_options(CLI::App& app, Context& context) {
    auto& options = context.options;
    app.add_option("--data", options.data, "The data directory; default: the XDG data home, folder fairlead")
        ->type_name("DIR");
    add_store_option(app);
    app.add_option("--project", options.project, "The project whose names are used")->capture_default_str();
    app.add_option("--environment", options.environment, "The environment whose variables are used");
    app.add_flag("--json", options.json,
                 "Results as JSON on standard output, failures as JSON on standard error");
    app.add_flag("-v,--verbose", options.verbosity, "Say what is done; twice: say more");
    app.add_option("--process-bwlimit", options.process_bwlimit,
                   "What all transfers of this process may take together; see get --bwlimit")
        ->type_name("RATE");
    app.add_flag("--trace", options.trace, "Show the protocol conversation, secrets masked");
    app.add_flag("--allow-secret-commands", service::secret_lookup_options().allow_commands,
                 "Let secrets of the form command:... start the program that they name");
    app.config_formatter(std::make_shared<FlagFile>());
    const auto* file = std::getenv("FAIRLEAD_CONFIG");
    app.set_config("--config", file != nullptr ? file : "",
                   "Read flags from a TOML file: [ls] holds those of `ls`, and so on", file != nullptr);
}

/// Every long option of every verb can come from the environment.
void name_environment_variables(CLI::App& app) {
    for (auto* option : app.get_options()) {
        if (option->get_lnames().empty() || !option->get_envname().empty()) continue;
        const auto& name = option->get_lnames().front();
        if (name != "help" && name != "version") option->envname(environment_variable(name));
    }
    for (auto* verb : app.get_subcommands({}))
        name_environment_variables(*verb);
}

int report(const Context& context, const Error& error) {
    const auto text = context.options.json ? boost::json::serialize(to_json(error)) + "\n" : to_text(error);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return exit_status(error.code);
}

/// The word that is no verb, with the verb that was likely meant.
Error unknown_verb(const CLI::App& app, const std::string& word) {
    std::vector<std::string> verbs;
    for (const auto* verb : app.get_subcommands({}))
        verbs.push_back(verb->get_name());
    const auto close = nearest(word, verbs);
    return Error(ErrorCode::invalid_argument, fmt::format("'{}' is no verb of {}.", word, app.get_name()))
        .hinting(close.empty() ? fmt::format("see: {} --help", app.get_name())
                               : fmt::format("did you mean '{}'?", close));
}

/// A secret where it can be seen by everybody must at least not be repeated.
bool is_secret_argument(std::string_view argument) {
    const auto flag = argument.substr(0, argument.find('='));
    return flag == "--password" || flag == "--passphrase" || flag == "--proxy-password";
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* innermost = &app;
    std::string path = app.get_name();
    while (!innermost->get_subcommands().empty()) {
        innermost = innermost->get_subcommands().front();
        path += " " + innermost->get_name();
    }
    const auto extras = app.remaining(true);
    if (std::ranges::any_of(extras, is_secret_argument))
        return Error(ErrorCode::invalid_argument,
                     "A password is never an argument, where every process of this machine could read it.")
            .hinting("use --password-env VAR, --password-file F or --password-stdin");
    const bool wants_verb = !innermost->get_subcommands({}).empty();
    if (wants_verb && !extras.empty() && !extras.front().starts_with('-'))
        return unknown_verb(*innermost, extras.front());
    if (wants_verb && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && extras.empty())
        return Error(ErrorCode::invalid_argument, fmt::format("'{}' needs a verb.", path))
            .hinting("see: " + path + " --help");
    std::string sentence = error.what();
    constexpr std::string_view kUnconverted = "Could not convert: ";  // "--first = x"
    if (sentence.starts_with(kUnconverted)) {
        sentence.erase(0, kUnconverted.size());
        const auto equals = sentence.find(" = ");
        if (equals != std::string::npos)
            sentence = fmt::format("{} '{}' is no number that it can have", sentence.substr(0, equals),
                                   sentence.substr(equals + 3));
    }
    if (!sentence.ends_with('.')) sentence += '.';
    return Error(ErrorCode::invalid_argument, std::move(sentence)).hinting("see: " + path + " --help");
}

int report_usage(const Context& context, const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    return report(context, usage_error(app, error));
}

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");
    Context context;
    CLI::App app("Exchange files over FTP, FTPS and SFTP.", "fairlead");
    app.fallthrough();
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    add_global_options(app, context);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    add_verbs(app, context, arguments);
    app.parse_complete_callback([&context] {  // before the verb
        service::secret_lookup_options().data_directory =
            service::Workspace::choose_directory(context.options.data);
    });
    name_environment_variables(app);
    hide_passwords(argc, argv);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // runs the verb
        context.flush();
        return context.exit_status;
    } catch (const CLI::ParseError& error) {
        return report_usage(context, app, error);
    } catch (const std::exception& error) {
        if (context.output_is_closed()) return kBrokenPipe;  // as for every filter whose reader has enough
        const auto failure = as_error(error);
        try {
            context.flush();  // what was done before it failed
        } catch (const Error&) {
            // The failure itself is the news.
        }
        return report(context, failure);
    }
}

}  // namespace
}  // namespace fairlead::cli

int main(int argc, char** argv) {
    return fairlead::cli::main(argc, argv);
}
