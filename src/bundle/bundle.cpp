#include "bundle/bundle.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <tuple>

#include "base/digest.hpp"
#include "base/utf8.hpp"
#include "bundle/pretty.hpp"
#include "catalog/connection.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

namespace json = boost::json;
using catalog::Kind;

constexpr auto kManifest = "fairlead.json";
constexpr auto kFormat = "fairlead-bundle";
constexpr auto kFileMember = "$file";
constexpr std::uint64_t kLargestItem = 4 * 1024 * 1024;

Error refused(std::string message) {
    return Error(ErrorCode::invalid_argument, std::move(message));
}

std::string sha256(std::string_view text) {
    Digest digest(ChecksumAlgorithm::sha256);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish();
}

/// A name as a part of a path: "%2F" for what does not belong there.
std::string as_file_name(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '_' || c == '-' || c == ' ' || (c == '.' && !result.empty());
        result += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return result;
}

std::string path_of(const Item& item) {
    return fmt::format("projects/{}/{}s/{}.json", as_file_name(item.project), to_string(item.kind),
                       as_file_name(item.name));
}

auto key_of(const Item& item) {
    return std::tuple(item.project, to_string(item.kind), catalog::name_key(item.name), item.name);
}

void place(json::object& fields, std::string_view path, json::value value) {
    const auto dot = path.find('.');
    if (dot == path.npos) {
        fields[path] = std::move(value);
        return;
    }
    auto& group = fields[path.substr(0, dot)];
    if (!group.is_object()) group.emplace_object();
    place(group.get_object(), path.substr(dot + 1), std::move(value));
}

/// Takes the value at a path out; nothing when there is none.
std::optional<json::value> take(json::object& fields, std::string_view path) {
    const auto dot = path.find('.');
    auto* found = fields.if_contains(path.substr(0, dot));
    if (found == nullptr) return std::nullopt;
    if (dot != path.npos)
        return found->is_object() ? take(found->get_object(), path.substr(dot + 1)) : std::nullopt;
    std::optional<json::value> taken = std::move(*found);
    fields.erase(path);
    return taken;
}

/// Moves texts in PEM form into files of their own, and gives their paths.
void move_pem_out(json::value& value, Files& files, std::set<std::string>& paths) {
    if (value.is_object()) {
        for (auto& member : value.get_object())
            move_pem_out(member.value(), files, paths);
    } else if (value.is_array()) {
        for (auto& each : value.get_array())
            move_pem_out(each, files, paths);
    } else if (value.is_string() && std::string_view(value.get_string()).find("-----BEGIN ") != std::string::npos) {
        const std::string text(value.get_string());
        const bool key = text.find("PRIVATE KEY") != text.npos;
        const auto path = fmt::format("{}/{}.pem", key ? "keys" : "certificates", sha256(text).substr(0, 16));
        paths.insert(path);
        files[path] = text;
        value = json::object{{kFileMember, path}};
    }
}

json::array to_array(const auto& texts) {
    return json::array(texts.begin(), texts.end());
}

/// What an item uses, by name, and whether that is in the bundle too.
json::array uses_of(const Item& item, const Bundle& bundle) {
    json::array uses;
    for (const auto& [kind, name] : item.references) {
        const bool included = std::ranges::any_of(bundle.items, [&](const Item& other) {
            return other.kind == kind && catalog::name_key(other.name) == catalog::name_key(name);
        });
        uses.push_back(json::object{{"kind", to_string(kind)}, {"name", name}, {"included", included}});
    }
    return uses;
}

/// An item's line in the manifest: what it is, where it is, and what it depends on.
json::object describe(const Item& item, const Bundle& bundle, const std::set<std::string>& files) {
    json::array certificates, keys, secrets;
    for (const auto& file : files)
        (file.starts_with("keys/") ? keys : certificates).emplace_back(file);
    for (const auto& [field, secret] : item.secrets)
        secrets.emplace_back(field);
    return {{"kind", to_string(item.kind)},
            {"project", item.project},
            {"name", item.name},
            {"file", path_of(item)},
            {"dependencies", json::object{{"uses", uses_of(item, bundle)},
                                          {"certificates", std::move(certificates)},
                                          {"keys", std::move(keys)}}},
            {"secrets", std::move(secrets)},
            {"secretsToEnter", to_array(item.blank)}};
}

/// The item's own file: its fields as the API shows them.
json::value document_of(const Item& item) {
    auto document = item.definition;
    for (const auto& [field, secret] : item.secrets)
        place(document, field, json::string(secret.reveal()));
    document["name"] = item.name;
    document["enabled"] = item.enabled;
    document["tags"] = to_array(item.tags);
    return document;
}

const json::value& member(const json::object& object, std::string_view name, json::kind kind,
                          std::string_view file) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || value->kind() != kind)
        throw refused(fmt::format("The file '{}' of the package is malformed: '{}' is missing or of another type.",
                                  file, name));
    return *value;
}

std::string text_of(const json::object& object, std::string_view name, std::string_view file) {
    return std::string(member(object, name, json::kind::string, file).get_string());
}

json::object parse(const Archive& archive, const std::string& path, std::uint64_t limit) {
    boost::system::error_code failed;
    auto document = json::parse(archive.read(path, limit), failed);
    if (failed || !document.is_object())
        throw refused(fmt::format("The file '{}' of the package is no JSON object.", path));
    return std::move(document.get_object());
}

/// Puts the files that a definition names back into it.
void take_files_in(json::value& value, const Archive& archive) {
    if (value.is_array())
        for (auto& each : value.get_array())
            take_files_in(each, archive);
    if (!value.is_object()) return;
    auto& object = value.get_object();
    if (const auto* file = object.if_contains(kFileMember)) {
        const auto* path = file->if_string();
        if (path == nullptr || object.size() != 1) throw refused("A file named in the package is malformed.");
        value = json::string(archive.read(std::string(*path), kLargestItem));
        return;
    }
    for (auto& each : object)
        take_files_in(each.value(), archive);
}

std::vector<std::string> texts_in(const json::object& object, std::string_view name, std::string_view file) {
    std::vector<std::string> texts;
    for (const auto& each : member(object, name, json::kind::array, file).get_array()) {
        if (!each.is_string())
            throw refused(fmt::format("The file '{}' of the package is malformed in '{}'.", file, name));
        texts.emplace_back(each.get_string());
    }
    return texts;
}

void read_dependencies(const json::object& entry, Item& item) {
    const auto& dependencies = member(entry, "dependencies", json::kind::object, kManifest).get_object();
    for (const auto& use : member(dependencies, "uses", json::kind::array, kManifest).get_array()) {
        if (!use.is_object()) throw refused("The fairlead.json of the package is malformed in 'uses'.");
        const auto& object = use.get_object();
        item.references.push_back(
            {catalog::parse_kind(text_of(object, "kind", kManifest)), text_of(object, "name", kManifest)});
    }
}

Item read_item(const json::object& entry, const Archive& archive) {
    Item item;
    item.kind = catalog::parse_kind(text_of(entry, "kind", kManifest));
    item.project = text_of(entry, "project", kManifest);
    item.name = text_of(entry, "name", kManifest);
    if (!catalog::is_connection_name(item.project))
        throw refused(fmt::format("The package names an impossible project: '{}'.", to_printable(item.project)));
    item.blank = texts_in(entry, "secretsToEnter", kManifest);
    read_dependencies(entry, item);

    const auto path = text_of(entry, "file", kManifest);
    json::value document = parse(archive, path, kLargestItem);
    take_files_in(document, archive);
    item.definition = std::move(document.get_object());
    for (const auto& field : texts_in(entry, "secrets", kManifest)) {
        const auto secret = take(item.definition, field);
        if (!secret || !secret->is_string())
            throw refused(fmt::format("The file '{}' of the package does not hold the secret {}.", path, field));
        item.secrets.emplace(field, Secret(std::string_view(secret->get_string())));
    }
    if (text_of(item.definition, "name", path) != item.name)
        throw refused(fmt::format("The file '{}' of the package is of something else than '{}'.", path,
                                  to_printable(item.name)));
    item.enabled = member(item.definition, "enabled", json::kind::bool_, path).get_bool();
    item.tags = texts_in(item.definition, "tags", path);
    for (const auto* column : {"name", "enabled", "tags"})
        item.definition.erase(column);
    return item;
}

}  // namespace

std::string_view to_string(Scope scope) noexcept {
    switch (scope) {
        case Scope::connections: return "connections";
        case Scope::project: return "project";
        case Scope::everything: return "everything";
    }
    return "connections";
}

Files to_files(Bundle bundle) {
    Files files;
    json::array items;
    std::ranges::sort(bundle.items, {}, key_of);
    for (const auto& item : bundle.items) {
        std::set<std::string> named;
        auto document = document_of(item);
        move_pem_out(document, files, named);
        files[path_of(item)] = pretty(document);
        items.push_back(describe(item, bundle, named));
    }
    files[kManifest] = pretty(json::object{{"format", kFormat},
                                           {"version", kBundleVersion},
                                           {"scope", to_string(bundle.scope)},
                                           {"secrets", bundle.with_secrets ? "included" : "blank"},
                                           {"items", std::move(items)}});
    return files;
}

Bundle read_bundle(const Archive& archive) {
    if (!archive.contains(kManifest))
        throw refused("The ZIP file is no bundle: it holds no fairlead.json.")
            .hinting("a bundle is made by: fairlead connection export");
    const auto manifest = parse(archive, kManifest, Archive::kLargestFile);
    if (text_of(manifest, "format", kManifest) != kFormat)
        throw refused("The ZIP file is no bundle: its fairlead.json has another format.");
    const auto version = member(manifest, "version", json::kind::int64, kManifest).get_int64();
    if (version > kBundleVersion || version < 1)
        throw refused(fmt::format("The bundle has version {}; this Fairlead reads up to {}.", version, kBundleVersion))
            .hinting("import it with a newer Fairlead");
    Bundle bundle;
    const auto scope = text_of(manifest, "scope", kManifest);
    for (const auto each : {Scope::project, Scope::everything})
        if (scope == to_string(each)) bundle.scope = each;
    bundle.with_secrets = text_of(manifest, "secrets", kManifest) == "included";
    std::set<std::tuple<std::string, Kind, std::string>> seen;
    for (const auto& entry : member(manifest, "items", json::kind::array, kManifest).get_array()) {
        if (!entry.is_object()) throw refused("The fairlead.json of the package is malformed in 'items'.");
        auto item = read_item(entry.get_object(), archive);
        if (!seen.emplace(catalog::name_key(item.project), item.kind, catalog::name_key(item.name)).second)
            throw refused(fmt::format("The package holds two {}s called '{}' in the project '{}'.",
                                      to_string(item.kind), to_printable(item.name), item.project));
        bundle.items.push_back(std::move(item));
    }
    return bundle;
}

}  // namespace fairlead::bundle
