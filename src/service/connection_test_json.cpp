#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "service/connection_test.hpp"

namespace fairlead::service {
namespace {

boost::json::value text_or_null(std::string_view text) {
    if (text.empty()) return nullptr;
    return boost::json::value(to_valid_utf8(text));
}

}  // namespace

boost::json::object to_json(const Abilities& a) {
    boost::json::array checksums;
    for (const auto algorithm : a.checksums)
        checksums.emplace_back(to_string(algorithm));
    return {{"resumeRead", a.resume_read},
            {"resumeWrite", a.resume_write},
            {"append", a.append},
            {"atomicReplace", a.atomic_replace},
            {"rename", a.rename},
            {"machineListing", a.machine_listing},
            {"utf8", a.utf8},
            {"setModified", a.set_modified},
            {"setMode", a.set_mode},
            {"symlinks", a.symlinks},
            {"copy", a.copy},
            {"rawCommand", a.raw_command},
            {"sync", a.sync},
            {"textMode", a.text_mode},
            {"modifiedPrecision", to_string(a.modified_precision)},
            {"checksums", std::move(checksums)},
            {"concurrentOperations", a.concurrent_operations}};
}

boost::json::object to_json(const TestReport& report) {
    boost::json::array steps;
    for (const auto& step : report.steps)
        steps.push_back({{"step", step.step},
                         {"ok", step.ok},
                         {"milliseconds", step.time.count()},
                         {"detail", to_valid_utf8(step.detail)},
                         {"hint", text_or_null(step.hint)}});
    boost::json::object document{{"ok", report.ok},
                                 {"environment", text_or_null(report.environment)},
                                 {"steps", std::move(steps)},
                                 {"identity", text_or_null(report.peer.identity)},
                                 {"server", text_or_null(report.peer.server)}};
    document["address"] = text_or_null(report.peer.address);
    document["security"] = text_or_null(report.peer.security);
    document["hostKeyIsNew"] = report.peer.host_key_is_new;
    document["abilities"] = report.abilities ? boost::json::value(to_json(*report.abilities)) : nullptr;
    if (report.error) document["error"] = fairlead::to_json(*report.error);
    return document;
}

}  // namespace fairlead::service
