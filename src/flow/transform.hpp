#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/flow.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::flow {

/// Content that becomes other content on its way. Both ends block.
struct Transformation {
    std::string name;        ///< of the file, for archives and OpenPGP
    std::string gnupg_home;  ///< the folder with the keys; must be there for encrypt and decrypt
    std::string spool;       ///< the folder for what has to be read in any order (unzip)
    std::optional<std::uint64_t> size;  ///< of what comes, where it is known
    std::optional<Time> modified;
    std::function<std::vector<std::byte>()> pull;         ///< the next bytes; none at the end; throws what broke it off
    std::function<void(std::span<const std::byte>)> push;  ///< throws where nobody wants more
};

/// Does one step that changes content: gzip, gunzip, zstd, unzstd, zip, unzip, encrypt, decrypt. Blocks; holds little,
/// whatever the size. Reads to the end of what comes, so that its end is proven. Throws invalid_argument for content that
/// is not what the step expects, not_found for a key that is not there, permission_denied, no_space.
void transform(const Transformation& file, const catalog::FlowStep& step);

/// What a file is called after a step: "a.csv" is "a.csv.gz" and back; what has not the usual end keeps its name.
std::string name_after(const std::string& name, const catalog::FlowStep& step);

/// Whether it changes content.
bool changes_content(const catalog::FlowStep& step) noexcept;

/// OpenPGP, by GnuPG's own engine over a folder of keys. `encrypt` to all of the recipients, whose keys must be there and
/// valid; what is said by `armor` is text.
void encrypt(const Transformation& file, const std::vector<std::string>& recipients, bool armor);
void decrypt(const Transformation& file);

/// The two ends, for libraries written in C, which exceptions must not pass: they are kept and thrown afterwards.
class Ends {
  public:
    explicit Ends(const Transformation& file) : file_(file) {}
    /// The next bytes, valid until the next call; none at the end, and after a failure.
    std::span<const std::byte> pull() noexcept;
    /// False after a failure.
    bool push(const void* bytes, std::size_t count) noexcept;
    bool failed() const noexcept { return failure_ != nullptr; }
    /// Throws what failed.
    void check() const;
    /// Reads what nobody wanted, to hear of its end.
    void drain();

  private:
    const Transformation& file_;
    std::vector<std::byte> bytes_;
    bool ended_ = false;
    std::exception_ptr failure_;
};

}  // namespace fairlead::flow
