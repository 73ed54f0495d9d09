#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/flow.hpp"

namespace fairlead::flow {

/// A file of this machine that becomes another one.
struct Transformation {
    std::string from, to;    ///< paths; `to` is made, or replaced
    std::string name;        ///< of the file, for archives and OpenPGP
    std::string gnupg_home;  ///< the folder with the keys; must be there for encrypt and decrypt
};

/// Does one step that changes content: gzip, gunzip, zstd, unzstd, zip, unzip, encrypt, decrypt. Blocks; holds little,
/// whatever the size. `may_go_on` is asked now and then; false: throws Error{cancelled}. Throws invalid_argument for
/// content that is not what the step expects, not_found for a key that is not there, permission_denied, no_space.
void transform(const Transformation& file, const catalog::FlowStep& step, const std::function<bool()>& may_go_on);

/// What a file is called after a step: "a.csv" is "a.csv.gz" and back; what has not the usual end keeps its name.
std::string name_after(const std::string& name, const catalog::FlowStep& step);

/// Whether it changes content.
bool changes_content(const catalog::FlowStep& step) noexcept;

/// OpenPGP, by GnuPG's own engine over a folder of keys. `encrypt` to all of the recipients, whose keys must be there and
/// valid; what is said by `armor` is text.
void encrypt_file(const Transformation& file, const std::vector<std::string>& recipients, bool armor,
                  const std::function<bool()>& may_go_on);
void decrypt_file(const Transformation& file, const std::function<bool()>& may_go_on);

}  // namespace fairlead::flow
