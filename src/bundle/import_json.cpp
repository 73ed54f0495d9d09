// What an import did, as a document; and the words of its choices.

#include <fmt/format.h>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/utf8.hpp"
#include "bundle/filezilla.hpp"
#include "bundle/import.hpp"
#include "bundle/openssh.hpp"
#include "bundle/rclone.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

namespace json = boost::json;

constexpr std::array kFormats{Format::bundle, Format::rclone, Format::filezilla, Format::openssh};

json::array to_array(const std::vector<std::string>& texts) {
    json::array array;
    for (const auto& text : texts)
        array.emplace_back(to_valid_utf8(text));
    return array;
}

}  // namespace

OnConflict parse_on_conflict(std::string_view word) {
    if (word == "fail") return OnConflict::fail;
    if (word == "overwrite") return OnConflict::overwrite;
    if (word == "rename") return OnConflict::rename;
    Error error(ErrorCode::invalid_argument, "This is no way to treat a name that is taken.");
    error.faults.push_back({"onConflict", std::string(word), "must be fail, overwrite or rename"});
    throw error;
}

std::string_view to_string(Format format) noexcept {
    switch (format) {
        case Format::bundle:
            return "bundle";
        case Format::rclone:
            return "rclone";
        case Format::filezilla:
            return "filezilla";
        case Format::openssh:
            return "openssh";
    }
    return "bundle";
}

Format parse_format(std::string_view word) {
    for (const auto format : kFormats)
        if (to_string(format) == word) return format;
    Error error(ErrorCode::invalid_argument, "This is no format that can be imported.");
    error.faults.push_back({"format", std::string(word), "must be bundle, rclone, filezilla or openssh"});
    throw error;
}

Format recognise(std::string_view bytes) {
    if (bytes.size() > kLargestPackage)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The file is larger than {} MB.", kLargestPackage / 1024 / 1024));
    if (looks_like_archive(bytes)) return Format::bundle;
    if (bytes.size() <= kLargestConfiguration) {
        if (looks_like_filezilla(bytes)) return Format::filezilla;
        if (looks_like_rclone(bytes)) return Format::rclone;
        if (looks_like_openssh(bytes)) return Format::openssh;
    }
    throw Error(ErrorCode::invalid_argument,
                "The file is no bundle (ZIP), rclone.conf, FileZilla export or OpenSSH configuration.")
        .hinting("say what it is with --format");
}

json::object to_json(const Import& result) {
    json::array items, skipped;
    for (const auto& item : result.items)
        items.push_back(json::object{{"kind", to_string(item.kind)},
                                     {"project", item.project},
                                     {"name", item.name},
                                     {"origin", to_valid_utf8(item.origin)},
                                     {"action", item.action},
                                     {"secretsToEnter", to_array(item.to_enter)},
                                     {"missing", to_array(item.missing)},
                                     {"notes", to_array(item.notes)}});
    for (const auto& each : result.skipped)
        skipped.push_back(
            json::object{{"name", to_valid_utf8(each.origin)}, {"reason", to_valid_utf8(each.reason)}});
    return {{"format", to_string(result.format)},
            {"dryRun", result.dry_run},
            {"items", std::move(items)},
            {"skipped", std::move(skipped)},
            {"notes", to_array(result.notes)}};
}

}  // namespace fairlead::bundle
