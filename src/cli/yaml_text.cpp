#include "cli/yaml_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNodes = 100'000;  // a few anchors can stand for billions
constexpr std::size_t kDeepest = 100;

bool is_word(std::string_view text) {
    constexpr std::string_view kOthers = "._/@-";
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto fits = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || kOthers.find(c) != std::string_view::npos;
    };
    return !text.empty() && (is_letter(text.front()) || text.front() == '/') && std::ranges::all_of(text, fits);
}

/// Words that some readers of YAML take for something else than texts.
bool is_reserved(std::string text) {
    static constexpr std::array kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return std::ranges::find(kWords, text) != kWords.end();
}

/// Whether it can stand as lines below "|", such as a certificate.
bool is_block(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' || text.ends_with("\n\n"))
        return false;
    return std::ranges::all_of(text, [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; });
}

class Writer {
  public:
    explicit Writer(const FieldHelp& help) : help_(help) {}

    void object(const json::object& object, std::size_t depth, const std::string& prefix) {
        for (const auto& [key, value] : object) {
            const auto path = prefix + std::string(key);
            const std::string indent(2 * depth, ' ');
            if (const auto help = help_(path); !help.empty()) text += fmt::format("{}# {}\n", indent, help);
            text += indent + scalar(key) + ":";
            member(value, depth, path + ".");
        }
    }

    std::string text;

  private:
    static std::string scalar(std::string_view given) {
        return is_word(given) && !is_reserved(std::string(given)) ? std::string(given)
                                                                  : json::serialize(json::string(given));
    }

    void member(const json::value& value, std::size_t depth, const std::string& prefix) {
        if (const auto* inner = value.if_object(); inner != nullptr && !inner->empty()) {
            text += '\n';
            return object(*inner, depth + 1, prefix);
        }
        const auto* items = value.if_array();
        if (items == nullptr || items->empty()) return plain(value, depth);
        text += '\n';
        for (const auto& item : *items) {
            const auto begin = text.size();
            const auto* inner = item.if_object();
            if (inner != nullptr && !inner->empty()) {
                object(*inner, depth + 2, prefix);
                text[begin + 2 * depth + 2] = '-';
                continue;
            }
            text += std::string(2 * depth + 2, ' ') + "-";
            member(item, depth + 1, prefix);
        }
    }

    void plain(const json::value& value, std::size_t depth) {
        const auto* given = value.if_string();
        if (given == nullptr) {
            text += " " + json::serialize(value) + "\n";
        } else if (is_block(*given)) {
            std::string_view rest(*given);
            text += rest.ends_with('\n') ? " |\n" : " |-\n";
            while (!rest.empty()) {
                const auto end = rest.find('\n');
                const auto line = rest.substr(0, end);
                text += (line.empty() ? std::string() : std::string(2 * depth + 2, ' ') + std::string(line)) + "\n";
                rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            }
        } else {
            text += " " + scalar(*given) + "\n";
        }
    }

    const FieldHelp& help_;
};

Error refused(const YAML::Mark& mark, std::string_view reason) {
    if (mark.is_null()) return {ErrorCode::invalid_argument, fmt::format("This is no YAML: {}.", reason)};
    return {ErrorCode::invalid_argument,
            fmt::format("Line {}, column {}: {}.", mark.line + 1, mark.column + 1, reason)};
}

class Reader {
  public:
    json::object object(const YAML::Node& node, const json::object* like) {
        json::object result;
        for (const auto& member : node) {
            if (!member.first.IsScalar()) throw refused(member.first.Mark(), "the name of a member must be a text");
            const auto& key = member.first.Scalar();
            if (result.contains(key)) throw refused(member.first.Mark(), fmt::format("'{}' is there twice", key));
            result[key] = value(member.second, like != nullptr ? like->if_contains(key) : nullptr);
        }
        return result;
    }

  private:
    json::value value(const YAML::Node& node, const json::value* like) {
        if (++nodes_ > kMostNodes || depth_ > kDeepest) throw refused(node.Mark(), "this is too much");
        ++depth_;
        auto result = read(node, like);
        --depth_;
        return result;
    }

    json::value read(const YAML::Node& node, const json::value* like) {
        if (node.IsMap()) return object(node, like != nullptr ? like->if_object() : nullptr);
        if (node.IsSequence()) {
            json::array items;
            const json::value text("");  // lists hold texts
            for (const auto& item : node)
                items.push_back(value(item, item.IsScalar() && like != nullptr ? &text : nullptr));
            return items;
        }
        if (!node.IsScalar()) return nullptr;
        return scalar(node, like);
    }

    static json::value scalar(const YAML::Node& node, const json::value* like) {
        const auto& text = node.Scalar();
        const bool quoted = node.Tag() == "!";
        if (quoted || (like != nullptr && like->is_string())) return json::value(text);
        if (text == "true" || text == "false") return text == "true";
        std::int64_t whole = 0;
        const auto* end = text.data() + text.size();
        if (const auto [at, problem] = std::from_chars(text.data(), end, whole); at == end && problem == std::errc())
            return whole;
        return json::value(text);
    }

    std::size_t nodes_ = 0, depth_ = 0;
};

}  // namespace

std::string to_yaml(const json::object& object, const FieldHelp& help) {
    Writer writer(help);
    writer.object(object, 0, "");
    return std::move(writer.text);
}

json::object parse_yaml(const std::string& text, const json::object& like) {
    try {
        const auto documents = YAML::LoadAll(text);
        if (documents.size() != 1 || !documents.front().IsMap())
            throw refused(YAML::Mark::null_mark(), "members such as \"host: ftp.example.com\" must stand there, and nothing else");
        return Reader().object(documents.front(), &like);
    } catch (const YAML::Exception& problem) {
        throw refused(problem.mark, problem.msg);
    }
}

}  // namespace fairlead::cli
