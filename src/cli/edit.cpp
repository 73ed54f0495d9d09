#include "cli/edit.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "cli/editor.hpp"
#include "cli/json_text.hpp"
#include "cli/report.hpp"
#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr int kMostRounds = 50;  // an editor that is a script may never get it right

/// What differs between the notations.
class Text {
  public:
    Text(const Editing& editing, Notation notation) : editing_(editing), yaml_(notation == Notation::yaml) {
        if (!yaml_) return;
        like_ = editing.fields;
        for (const auto& path : editing.secrets)
            add(like_, path);
    }

    std::string suffix() const { return yaml_ ? ".yaml" : ".json"; }
    std::string written() const { return yaml_ ? to_yaml(editing_.fields, editing_.help) : to_indented(editing_.fields); }
    json::object read(const std::string& text) const { return yaml_ ? parse_yaml(text, like_) : parse_relaxed(text); }

    std::string introduction() const {
        auto text = std::string(
            "Change what you like, save and leave the editor. A member that is taken out gets its default. Leave\n"
            "without a change to keep everything as it is.\n");
        if (!editing_.secrets.empty())
            text += fmt::format("Secrets are not here; a member of that name sets a new one: {}\n",
                                fmt::join(editing_.secrets, ", "));
        return commented(text);
    }

    /// Each line as a comment, and a line without one after them.
    std::string commented(const std::string& lines) const {
        std::string text;
        for (std::size_t from = 0; from < lines.size();) {
            const auto to = std::min(lines.find('\n', from), lines.size());
            text += fmt::format("{} {}\n", mark(), lines.substr(from, to - from));
            from = to + 1;
        }
        return text + "\n";
    }

    /// Without the comments at the top, up to the first other line.
    std::string without_head(const std::string& text) const {
        std::size_t from = 0;
        while (text.compare(from, mark().size(), mark()) == 0) {
            const auto end = text.find('\n', from);
            if (end == std::string::npos) return "";
            from = end + 1;
        }
        return text.substr(text.compare(from, 1, "\n") == 0 ? from + 1 : from);
    }

  private:
    std::string_view mark() const { return yaml_ ? "#" : "//"; }

    static void add(json::object& fields, std::string_view path) {
        const auto dot = path.find('.');
        if (dot == std::string_view::npos) {
            fields[path] = "";
            return;
        }
        auto& group = fields[path.substr(0, dot)];
        if (!group.is_object()) group.emplace_object();
        add(group.get_object(), path.substr(dot + 1));
    }

    const Editing& editing_;
    bool yaml_;
    json::object like_;  ///< what tells texts from numbers
};

}  // namespace

void edit(Context& context, const Editing& editing, Notation notation) {
    const Text text(editing, notation);
    const auto original = text.written();
    EditedFile file(text.suffix());
    auto offered = text.introduction() + original;
    std::string refused;  // what was wrong the last time: given back unchanged, it will not get better
    for (int round = 1;; ++round) {
        const auto content = text.without_head(file.edit(offered));
        if (content == original) return context.note("Nothing was changed.");
        try {
            return editing.save(text.read(content));
        } catch (Error& error) {
            if (error.code != ErrorCode::invalid_argument || content == refused || round == kMostRounds) {
                file.keep();
                error.hint = fmt::format("what you wrote is in {}", file.path());
                throw;
            }
            offered = text.commented(to_text(error)) + content;
            refused = content;
        }
    }
}

void add_edit(CLI::App& parent, Context& context, const std::string& kind,
              std::function<Editing(Context&, const std::string& name)> begin) {
    struct EditOptions {
        std::string name;
        Notation notation = Notation::yaml;
    };
    auto options = std::make_shared<EditOptions>();
    auto* verb = parent.add_subcommand(
        "edit", fmt::format("Change the {} in $EDITOR, as YAML with help; what is wrong is said there, and nothing is "
                            "saved before it is right",
                            kind));
    verb->add_option("NAME", options->name, fmt::format("The name of the {}", kind))->required()->type_name("");
    verb->add_option("--as", options->notation, "How it is written there; default: yaml")
        ->type_name("yaml|json")
        ->transform(CLI::CheckedTransformer(
            std::vector<std::pair<std::string, Notation>>{{"yaml", Notation::yaml}, {"json", Notation::json}}));
    verb->callback([options, begin = std::move(begin), &context] {
        edit(context, begin(context, options->name), options->notation);
    });
}

}  // namespace fairlead::cli
