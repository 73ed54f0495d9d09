// session open, list, close: handles that a daemon keeps

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/api_client.hpp"
#include "cli/secret_source.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct SessionOptions {
    ServerFlags server;
    std::string connection, directory, handle;
    std::optional<std::string> protocol, host, username, password_file, password_variable;
    bool password_stdin = false, active = false;
    std::optional<int> port, timeout, idle;
};

std::string text_of(const json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (value == nullptr || value->is_null()) return "";
    if (value->is_string()) return std::string(value->get_string());
    return value->is_int64() ? std::to_string(value->get_int64()) : "";
}

json::object request_of(const Context& context, const SessionOptions& options) {
    json::object request;
    request["project"] = context.options.project;
    if (!options.connection.empty()) request["connection"] = options.connection;
    if (!options.directory.empty()) request["directory"] = options.directory;
    if (options.protocol) request["protocol"] = *options.protocol;
    if (options.host) request["host"] = *options.host;
    if (options.port) request["port"] = *options.port;
    if (options.username) request["username"] = *options.username;
    if (options.active) request["active"] = true;
    if (options.timeout) request["timeout"] = *options.timeout;
    if (options.idle) request["idleSeconds"] = *options.idle;
    std::optional<Secret> password;
    if (options.password_stdin) password = secret_from_stdin("--password-stdin");
    if (options.password_file) password = secret_from_file(*options.password_file, "--password-file");
    if (options.password_variable)
        password = secret_from_variable(*options.password_variable, "--password-env");
    if (password) request["password"] = password->reveal();
    if (options.connection.empty() && !options.host)
        throw Error(ErrorCode::invalid_argument, "A session needs the name of a connection, or --host.");
    return request;
}

void open(Context& context, const SessionOptions& options) {
    const ApiClient client(context, options.server);
    const auto answer = client.call("POST", "/v1/sessions", request_of(context, options));
    if (context.options.json)
        context.json(answer);
    else
        context.print(text_of(answer.as_object(), "handle"));
}

void list(Context& context, const SessionOptions& options) {
    const ApiClient client(context, options.server);
    const auto answer = client.call("GET", "/v1/sessions");
    const auto& sessions = answer.as_object().at("sessions").as_array();
    if (context.options.json) return context.json(sessions);
    if (sessions.empty()) return context.note("There are no open sessions.");
    Table table({"HANDLE", "CONNECTION", "PROTOCOL", "HOST", "PORT", "USERNAME", "DIRECTORY", "USED", "BY"});
    for (const auto& value : sessions) {
        const auto& session = value.as_object();
        std::vector<std::string> cells;
        for (const auto* field : {"handle", "connection", "protocol", "host", "port", "username", "directory",
                                  "usedAt", "openedBy"})
            cells.push_back(text_of(session, field));
        table.add(std::move(cells));
    }
    context.out(table.text(context.width()));
}

void close(Context& context, const SessionOptions& options) {
    const ApiClient client(context, options.server);
    (void)client.call("DELETE", "/v1/sessions/" + as_path_part(options.handle));
    context.verbose(1, "closed");
}

}  // namespace

void add_session(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("session", "Open, list and close sessions that a daemon keeps");
    verb->require_subcommand(1);
    auto options = std::make_shared<SessionOptions>();

    auto* opens = verb->add_subcommand("open", "Open a session and print its handle");
    opens
        ->add_option("NAME", options->connection,
                     "A saved connection; without it, the server is given inline")
        ->type_name("");
    opens->add_option("--directory", options->directory, "Where relative paths begin")->type_name("DIR");
    add_optional(*opens, "--protocol", options->protocol, "ftp, ftps or sftp")->type_name("WORD");
    add_optional(*opens, "--host", options->host, "The server, inline")->type_name("HOST");
    add_optional(*opens, "--port", options->port, "Its port")->type_name("N");
    add_optional(*opens, "--username", options->username, "Who logs in; anonymous without it")
        ->type_name("USER");
    opens->add_flag("--password-stdin", options->password_stdin, "Read the password from standard input");
    add_optional(*opens, "--password-file", options->password_file, "Read the password from a file")
        ->type_name("FILE");
    add_optional(*opens, "--password-env", options->password_variable, "Read the password from a variable")
        ->type_name("VAR");
    opens->add_flag("--active", options->active, "FTP: active mode");
    add_optional(*opens, "--timeout", options->timeout, "For connecting and each answer")
        ->type_name("SECONDS");
    add_optional(*opens, "--idle", options->idle, "Closed after so long without a call")
        ->type_name("SECONDS");
    add_server_options(*opens, options->server);
    opens->callback([options, &context] { open(context, *options); });

    auto* lists = verb->add_subcommand("list", "Show the open sessions");
    add_server_options(*lists, options->server);
    lists->callback([options, &context] { list(context, *options); });

    auto* closes = verb->add_subcommand("close", "Close a session");
    closes->add_option("HANDLE", options->handle, "The handle, as session open printed it")
        ->required()
        ->type_name("");
    add_server_options(*closes, options->server);
    closes->callback([options, &context] { close(context, *options); });
}

}  // namespace fairlead::cli
