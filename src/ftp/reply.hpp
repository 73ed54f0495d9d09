#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::ftp {

/// One complete reply of a server (RFC 959, 4.2).
struct Reply {
    int code = 0;                    ///< 100 to 599, or 6xx for protected replies (RFC 2228)
    std::vector<std::string> lines;  ///< as the server sent them, with the code, without the line ends
    std::string oddity;              ///< how the reply broke RFC 959, for the trace; empty when it did not

    bool is_preliminary() const noexcept { return code / 100 == 1; }  ///< more will follow
    bool is_success() const noexcept { return code / 100 == 2; }
    bool is_intermediate() const noexcept {
        return code / 100 == 3;
    }  ///< the server waits for the next command
    bool is_transient() const noexcept { return code / 100 == 4; }
    bool is_permanent() const noexcept { return code / 100 == 5; }
    bool is_failure() const noexcept { return code >= 400; }

    /// The words without the codes, one space between lines.
    std::string text() const;
    /// All lines joined with "\n": what goes into Error::server_reply.
    std::string raw() const;
    /// One line's words: without "ddd " or "ddd-" in front when it is this reply's code.
    std::string_view line_text(std::size_t index) const;
};

/// Turns the bytes of a control connection into replies. Feed bytes as they come, take replies when complete.
///
/// Tolerates: LF or CR alone as line end, Telnet commands (removed), lines inside a multi-line reply that
/// look like replies of other codes, text after the end line, lines outside of any reply. A malformed reply
/// never shifts the ones behind it, so replies keep belonging to the commands they answer.
class ReplyParser {
  public:
    struct Limits {
        std::size_t line = 16 * 1024;    ///< bytes of one line
        std::size_t total = 512 * 1024;  ///< bytes of one reply, and of all that waits to be taken
        std::size_t lines = 8192;        ///< lines of one reply
    };

    ReplyParser() = default;
    explicit ReplyParser(Limits limits) : limits_(limits) {}

    /// Takes what was read. Throws Error{protocol_error}, which ends the session, when a limit is exceeded.
    void feed(std::string_view bytes);

    /// The next complete reply. `owed` is how many replies the server still owes (commands sent and not
    /// answered): when it is 1, lines of the same code right behind a multi-line reply are taken to be its
    /// tail, since nothing else can be meant; with commands pipelined they are replies of their own.
    std::optional<Reply> take(std::size_t owed = 1);

    /// For when the server has been silent for a moment (about a second) though a reply is owed: accepts what
    /// only silence can prove complete: a multi-line reply that ended with another code, a line ended by CR
    /// alone. Returns nothing when what waits cannot be a whole reply.
    std::optional<Reply> take_after_silence(std::size_t owed = 1);
    /// Whether take_after_silence would find something, so that the session knows to wait only briefly.
    bool may_be_complete() const;

    /// Nothing is waiting, not even part of a line. Must hold after the 234 of AUTH TLS: bytes in clear
    /// behind it were put there by somebody in between.
    bool empty() const noexcept;
    /// How many lines outside of any reply were dropped.
    std::size_t stray_lines() const noexcept { return stray_lines_; }

  private:
    void strip_telnet(std::string_view bytes);
    void split_lines();
    void accept_line(std::string line);
    std::optional<Reply> build(std::size_t owed, bool after_silence);

    Limits limits_;
    enum class Telnet {
        text,
        command,
        option,
        subnegotiation,
        subnegotiation_command
    } telnet_ = Telnet::text;
    bool seen_lf_ = false;  // a bare CR is text, not a line end, for a server that uses LF
    bool cr_alone_ends_ = false;
    std::string partial_;  // bytes behind the last line end
    std::deque<std::string> lines_;
    std::size_t lines_bytes_ = 0;
    std::size_t searched_ = 0;  // how many of lines_ are known not to end the reply that lines_[0] began
    bool tail_waits_ = false;   // the tail of a reply began another "ddd-" and its end is not here yet
    std::size_t stray_lines_ = 0;
};

}  // namespace fairlead::ftp
