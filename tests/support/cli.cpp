#include "support/cli.hpp"

#include <boost/json/parse.hpp>
#include <stdexcept>

namespace fairlead::test {

std::vector<std::string> Cli::command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{binary_, "--data", data().string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

ProcessResult Cli::operator()(const std::vector<std::string>& arguments, ProcessOptions options) const {
    options.environment.emplace("HOME",
                                folder_.path().string());  // no known_hosts, keys or data of the caller's
    options.environment.emplace("SSH_AUTH_SOCK", "");
    options.environment.insert(environment_.begin(), environment_.end());
    return run_process(command(arguments), options);
}

std::string Cli::ok(const std::vector<std::string>& arguments, ProcessOptions options) const {
    auto result = (*this)(arguments, std::move(options));
    if (result.status != 0)
        throw std::runtime_error("status " + std::to_string(result.status) + ": " + result.output +
                                 result.errors);
    return std::move(result.output);
}

boost::json::value Cli::json(std::vector<std::string> arguments, ProcessOptions options) const {
    arguments.insert(arguments.begin(), "--json");
    return boost::json::parse(ok(arguments, std::move(options)));
}

}  // namespace fairlead::test
