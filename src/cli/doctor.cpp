#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/utf8.hpp"
#include "cli/store_option.hpp"
#include "cli/verbs.hpp"
#include "service/doctor.hpp"
#include "service/version.hpp"

namespace fairlead::cli {
namespace {

using service::Finding;

void print(Context& context, const std::vector<Finding>& findings) {
    for (const auto& finding : findings) {
        context.print(fmt::format("{:<4}  {:<15} {}", to_string(finding.verdict), finding.check,
                                  to_printable(finding.detail)));
        if (!finding.fix.empty()) context.print(fmt::format("{:22}fix: {}", "", to_printable(finding.fix)));
    }
}

void print_json(Context& context, const std::vector<Finding>& findings, bool healthy) {
    boost::json::array list;
    for (const auto& finding : findings)
        list.push_back({{"check", finding.check},
                        {"verdict", to_string(finding.verdict)},
                        {"detail", to_valid_utf8(finding.detail)},
                        {"fix", to_valid_utf8(finding.fix)}});
    context.json(
        boost::json::object{{"ok", healthy}, {"version", service::version()}, {"checks", std::move(list)}});
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand(
        "doctor", "Look whether everything needed is there and safe, and say how to mend it");
    verb->callback([&context] {
        const auto findings = service::diagnose(context.options.data, chosen_store());
        const bool healthy = std::ranges::none_of(
            findings, [](const Finding& finding) { return finding.verdict == Finding::Verdict::failure; });
        if (context.options.json)
            print_json(context, findings, healthy);
        else
            print(context, findings);
        context.exit_status = healthy ? 0 : 1;
    });
}

}  // namespace fairlead::cli
