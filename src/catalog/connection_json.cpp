// A connection as JSON, in both directions.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>
#include <concepts>
#include <set>
#include <type_traits>

#include "base/near.hpp"
#include "catalog/connection.hpp"
#include "catalog/connection_fields.hpp"
#include "catalog/field_json.hpp"
#include "catalog/secret_reference.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) return {"", path};
    return {path.substr(0, dot), path.substr(dot + 1)};
}

const json::value* find(const json::object& fields, std::string_view path) {
    const auto [group, member] = split_path(path);
    if (group.empty()) return fields.if_contains(member);
    const auto* value = fields.if_contains(group);
    const auto* object = value != nullptr ? value->if_object() : nullptr;
    return object != nullptr ? object->if_contains(member) : nullptr;
}

void place(json::object& fields, std::string_view path, json::value value) {
    const auto [group, member] = split_path(path);
    if (group.empty()) {
        fields[member] = std::move(value);
        return;
    }
    auto& object = fields[group];
    if (!object.is_object()) object.emplace_object();
    object.get_object()[member] = std::move(value);
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Writer {
    json::object fields;

    void operator()(std::string_view path, const std::string& text) {
        place(fields, path, json::value(text));
    }
    void operator()(std::string_view path, bool flag) { place(fields, path, json::value(flag)); }
    void operator()(std::string_view path, unsigned number) { place(fields, path, json::value(number)); }
    void operator()(std::string_view path, const std::optional<unsigned>& number) {
        place(fields, path, number ? json::value(*number) : json::value(nullptr));
    }
    void operator()(std::string_view path, const std::vector<std::string>& texts) {
        place(fields, path, json::array(texts.begin(), texts.end()));
    }
    void operator()(std::string_view path, Protocol protocol) {
        place(fields, path, json::value(to_string(protocol)));
    }
    void operator()(std::string_view path, TlsOptions::Mode mode) {
        place(fields, path, json::value(mode == TlsOptions::Mode::implicit ? "implicit" : "explicit"));
    }
    void operator()(std::string_view path,
                    const std::optional<std::pair<std::uint16_t, std::uint16_t>>& ports) {
        place(fields, path,
              ports ? json::value(std::to_string(ports->first) + "-" + std::to_string(ports->second))
                    : json::value(nullptr));
    }
    template <class Text>
    void operator()(std::string_view path, PortField<Text> port) {
        const auto number = to_number<std::uint16_t>(port.text);
        if (number)
            place(fields, path, json::value(*number));
        else
            place(fields, path, port.text.empty() ? json::value(nullptr) : json::value(port.text));
    }
    void operator()(std::string_view path, const Secret&) { place(fields, path, json::value(nullptr)); }
};

/// Reads the patch's value of one field into the connection.
class Reader {
  public:
    Reader(const ConnectionPatch& patch, std::vector<Fault>& faults) : patch_(patch), faults_(faults) {}

    template <class Member>
    void operator()(std::string_view path, Member&& member) {
        known.emplace(path);
        if constexpr (std::same_as<std::remove_cvref_t<Member>, Secret>) {
            read_secret(path, member);
        } else if (const auto* value = find(patch_.fields, path)) {
            if (value->is_null())
                reset(path, member);
            else
                read(path, *value, member);
        }
    }

    std::set<std::string, std::less<>> known;

  private:
    void fault(std::string_view path, const json::value& value, std::string problem) {
        const auto* text = value.if_string();
        faults_.push_back(
            {std::string(path), text ? std::string(*text) : json::serialize(value), std::move(problem)});
    }

    template <class Member>
    void reset(std::string_view path, Member&& member) {
        static const Connection defaults;
        for_each_field(defaults, [&]<class Default>(std::string_view other, const Default& fallback) {
            if (other != path) return;
            if constexpr (std::same_as<std::remove_cvref_t<Member>, Default>)
                member = fallback;
            else if constexpr (requires { member.text = fallback.text; })
                member.text = fallback.text;
        });
    }

    void read_secret(std::string_view path, Secret& secret) {
        if (const auto given = patch_.secrets.find(std::string(path)); given != patch_.secrets.end()) {
            secret = given->second;
        } else if (const auto* value = find(patch_.fields, path)) {
            if (const auto* text = value->if_string())
                secret = Secret(*text);
            else if (!value->is_null())
                faults_.push_back({std::string(path), "", "must be a text"});
        }
    }

    void read(std::string_view path, const json::value& value, std::string& text) {
        if (const auto* given = value.if_string())
            text = std::string(*given);
        else
            fault(path, value, "must be a text");
    }

    void read(std::string_view path, const json::value& value, bool& flag) {
        if (const auto* given = value.if_bool())
            flag = *given;
        else
            fault(path, value, "must be true or false");
    }

    std::optional<unsigned> number_in(std::string_view path, const json::value& value) {
        std::optional<unsigned> number;
        if (const auto* text = value.if_string())
            number = to_number<unsigned>(*text);
        else if (value.is_int64() || value.is_uint64())
            number = to_number<unsigned>(json::serialize(value));
        if (!number) fault(path, value, "must be a whole number");
        return number;
    }

    void read(std::string_view path, const json::value& value, unsigned& number) {
        number = number_in(path, value).value_or(number);
    }
    void read(std::string_view path, const json::value& value, std::optional<unsigned>& number) {
        if (const auto given = number_in(path, value)) number = given;
    }

    void read(std::string_view path, const json::value& value, std::vector<std::string>& texts) {
        const auto* given = value.if_array();
        if (given == nullptr ||
            !std::ranges::all_of(*given, [](const auto& item) { return item.is_string(); }))
            return fault(path, value, "must be a list of texts");
        texts.clear();
        for (const auto& item : *given)
            texts.emplace_back(item.get_string());
    }

    void read(std::string_view path, const json::value& value, Protocol& protocol) {
        const auto word = value.is_string() ? lower(value.get_string()) : "";
        for (const auto known_protocol : {Protocol::ftp, Protocol::ftps, Protocol::sftp}) {
            if (word == to_string(known_protocol)) {
                protocol = known_protocol;
                return;
            }
        }
        fault(path, value, "must be ftp, ftps or sftp");
    }

    void read(std::string_view path, const json::value& value, TlsOptions::Mode& mode) {
        const auto word = value.is_string() ? lower(value.get_string()) : "";
        if (word == "explicit")
            mode = TlsOptions::Mode::explicit_;
        else if (word == "implicit")
            mode = TlsOptions::Mode::implicit;
        else
            fault(path, value, "must be explicit or implicit");
    }

    void read(std::string_view path, const json::value& value,
              std::optional<std::pair<std::uint16_t, std::uint16_t>>& ports) {
        const auto text = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
        const auto dash = text.find('-');
        const auto low = to_number<std::uint16_t>(text.substr(0, dash));
        const auto high =
            dash == std::string_view::npos ? low : to_number<std::uint16_t>(text.substr(dash + 1));
        if (!low || !high || *low == 0 || *high < *low)
            return fault(path, value, "must be a range of ports from 1 to 65535, such as 50000-50100");
        ports = {*low, *high};
    }

    template <class Text>
    void read(std::string_view path, const json::value& value, PortField<Text> port) {
        if (const auto* text = value.if_string())
            port.text = std::string(*text);
        else if (value.is_int64() || value.is_uint64())
            port.text = json::serialize(value);
        else
            fault(path, value, "must be a port from 1 to 65535");
    }

    const ConnectionPatch& patch_;
    std::vector<Fault>& faults_;
};

void refuse_unknown_in_groups(const json::object& fields, const std::string& prefix,
                    const std::set<std::string, std::less<>>& known, std::vector<Fault>& faults) {
    for (const auto& [key, value] : fields) {
        const auto path = prefix + std::string(key);
        if (known.contains(path) || (prefix.empty() && is_record_member(path))) continue;
        const bool group = prefix.empty() && (path == "tls" || path == "ftp" || path == "sftp");
        if (group && value.is_object()) {
            refuse_unknown_in_groups(value.get_object(), path + ".", known, faults);
        } else if (group) {
            if (!value.is_null()) faults.push_back({path, "", "must be an object"});
        } else {
            const auto close = nearest(path, {known.begin(), known.end()});
            faults.push_back(
                {path, "", close.empty() ? "is not a field" : "is not a field; did you mean " + close + "?"});
        }
    }
}

}  // namespace

void ConnectionPatch::set(std::string_view path, json::value value) {
    place(fields, path, std::move(value));
}

void ConnectionPatch::set(std::string_view path, std::string_view text) { place(fields, path, json::value(text)); }

bool ConnectionPatch::has(std::string_view path) const {
    return find(fields, path) != nullptr || secrets.contains(std::string(path));
}

bool ConnectionPatch::sets_empty_text(std::string_view path) const {
    const auto* value = find(fields, path);
    return value != nullptr && value->is_string() && value->get_string().empty();
}

Connection apply(Connection connection, const ConnectionPatch& patch, std::vector<Fault>& faults) {
    Reader reader(patch, faults);
    for_each_field(connection, reader);
    refuse_unknown_in_groups(patch.fields, "", reader.known, faults);
    return connection;
}

Connection apply(Connection connection, const json::object& fields, std::vector<Fault>& faults) {
    return apply(std::move(connection), ConnectionPatch{fields, {}}, faults);
}

json::object fields_to_json(const Connection& connection) {
    Writer writer;
    for_each_field(connection, writer);
    return std::move(writer.fields);
}

json::object to_json(const Connection& connection) {
    auto document = fields_to_json(connection);
    if (connection.port.empty()) document["port"] = port_of(connection);
    for (const auto& [field, sealed] : connection.sealed)
        if (const auto reference = reference_in(sealed)) place(document, field, json::value(*reference));
    const auto set = secrets_set(connection);
    document["secretsSet"] = json::array(set.begin(), set.end());
    if (!connection.record.id.empty()) add_record(document, connection.record);
    return document;
}

std::vector<std::pair<std::string, Secret*>> secrets_of(Connection& connection) {
    std::vector<std::pair<std::string, Secret*>> found;
    for_each_field(connection, [&]<class Member>(std::string_view path, Member&& member) {
        if constexpr (std::same_as<std::remove_cvref_t<Member>, Secret>) found.emplace_back(path, &member);
    });
    return found;
}

std::vector<std::string> secrets_set(const Connection& connection) {
    std::vector<std::string> found;
    for_each_field(connection, [&]<class Member>(std::string_view path, Member&& member) {
        if constexpr (std::same_as<std::remove_cvref_t<Member>, Secret>)
            if (!member.empty() || connection.sealed.contains(std::string(path))) found.emplace_back(path);
    });
    return found;
}

}  // namespace fairlead::catalog
