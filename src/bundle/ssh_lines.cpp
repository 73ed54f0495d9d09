#include "bundle/ssh_lines.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/utf8.hpp"
#include "bundle/draft.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr unsigned kDeepest = 16;         // as ssh itself
constexpr std::size_t kMostLines = 200'000;  // of all files together

/// "*" and "?" as ssh understands them, without regard to case. Linear but for the stars, which go back once.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = pattern.npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

/// Some pattern matches and no negated one does.
bool any_matches(const std::vector<std::string>& patterns, std::string_view name) {
    const auto text = lower(name);
    bool found = false;
    for (const auto& pattern : patterns) {
        const bool negated = pattern.starts_with('!');
        if (!matches(lower(negated ? std::string_view(pattern).substr(1) : pattern), text)) continue;
        if (negated) return false;
        found = true;
    }
    return found;
}

class Reader {
  public:
    Reader(const std::function<std::vector<std::string>(const std::string&)>& include,
           std::vector<std::string>& notes)
        : include_(include), notes_(notes), blocks_(1) {}

    void read(std::string_view text, unsigned depth) {
        for (std::size_t number = 1; !text.empty(); ++number) {
            const auto end = text.find('\n');
            read_line(text.substr(0, end), number, depth);
            text.remove_prefix(end == text.npos ? text.size() : end + 1);
        }
    }

    std::vector<SshBlock> take() { return std::move(blocks_); }

  private:
    void read_line(std::string_view line, std::size_t number, unsigned depth) {
        line = trimmed(line);
        if (line.empty() || line.front() == '#') return;
        if (++lines_ > kMostLines)
            throw Error(ErrorCode::invalid_argument, "The OpenSSH configuration has too many lines.");
        const auto end = line.find_first_of(" \t=");
        SshLine read{lower(line.substr(0, end)), {}};
        line = end == line.npos ? "" : trimmed(line.substr(end));
        if (line.starts_with('=')) line = trimmed(line.substr(1));
        read.words = words_of(line, number);
        if (read.keyword == "host") {
            blocks_.push_back({SshBlock::Kind::host, std::move(read.words), true, {}});
        } else if (read.keyword == "match") {
            begin_match(read.words);
        } else if (read.keyword == "include") {
            for (const auto& pattern : read.words)
                include(pattern, depth);
        } else {
            blocks_.back().lines.push_back(std::move(read));
        }
    }

    static std::vector<std::string> words_of(std::string_view line, std::size_t number) {
        std::vector<std::string> words;
        while (!(line = trimmed(line)).empty() && line.front() != '#') {
            std::string word;
            char quote = 0;
            std::size_t i = 0;
            for (; i < line.size(); ++i) {
                const char c = line[i];
                if (quote == 0 && (c == ' ' || c == '\t')) break;
                if (c == '\\' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\'' || line[i + 1] == '\\'))
                    word += line[++i];
                else if (quote == 0 && (c == '"' || c == '\''))
                    quote = c;
                else if (c == quote)
                    quote = 0;
                else
                    word += c;
            }
            if (quote != 0)
                throw Error(ErrorCode::invalid_argument,
                            fmt::format("Line {} of the OpenSSH configuration has an unclosed quote.", number));
            words.push_back(std::move(word));
            line.remove_prefix(i);
        }
        return words;
    }

    void begin_match(const std::vector<std::string>& words) {
        SshBlock block;
        block.kind = SshBlock::Kind::unknown;
        const auto first = words.empty() ? "" : lower(words[0]);
        if (words.size() == 1 && first == "all") {
            block.kind = SshBlock::Kind::all;
        } else if (words.size() == 2 && (first == "host" || first == "originalhost")) {
            block.kind = SshBlock::Kind::match;
            block.of_original = first == "originalhost";
            for (std::string_view rest = words[1]; !rest.empty();) {
                const auto comma = rest.find(',');
                block.patterns.emplace_back(rest.substr(0, comma));
                rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
            }
        } else {
            notes_.push_back(fmt::format("a Match block is left out, because whether it applies is only known "
                                         "at log-in: Match {}",
                                         to_printable(fmt::format("{}", fmt::join(words, " ")))));
        }
        blocks_.push_back(std::move(block));
    }

    /// What an included file says counts only where the Include stands: below a Host line, for those hosts.
    /// Host lines inside begin blocks of their own, and end with the file.
    void include(const std::string& pattern, unsigned depth) {
        if (!include_) {
            notes_.push_back(fmt::format("Include {} is not read", to_printable(pattern)));
            return;
        }
        if (depth + 1 >= kDeepest)
            throw Error(ErrorCode::invalid_argument, "The OpenSSH configuration includes itself too deeply.");
        SshBlock around = blocks_.back();
        around.lines.clear();
        if (around.kind != SshBlock::Kind::all)
            notes_.push_back(fmt::format("Include {} stands below a Host or Match line; its own Host lines are "
                                         "read as if they stood by themselves",
                                         to_printable(pattern)));
        for (const auto& text : include_(pattern)) {
            read(text, depth + 1);
            blocks_.push_back(around);
        }
    }

    const std::function<std::vector<std::string>(const std::string&)>& include_;
    std::vector<std::string>& notes_;
    std::vector<SshBlock> blocks_;
    std::size_t lines_ = 0;
};

}  // namespace

bool SshBlock::applies_to(std::string_view name, std::string_view host_name) const {
    switch (kind) {
        case Kind::all: return true;
        case Kind::host: return any_matches(patterns, name);
        case Kind::match: return any_matches(patterns, of_original ? name : host_name);
        case Kind::unknown: return false;
    }
    return false;
}

bool is_ssh_pattern(std::string_view word) noexcept {
    return word.empty() || word.starts_with('!') || word.find_first_of("*?") != word.npos;
}

std::vector<SshBlock> read_ssh_blocks(
    std::string_view text, const std::function<std::vector<std::string>(const std::string&)>& include,
    std::vector<std::string>& notes) {
    Reader reader(include, notes);
    reader.read(text, 0);
    return reader.take();
}

}  // namespace fairlead::bundle
