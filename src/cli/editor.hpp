#pragma once

#include <string>

namespace fairlead::cli {

/// A private file that is edited by the user's editor ($VISUAL, else $EDITOR, else vi), and gone with this object.
class EditedFile {
  public:
    /// `suffix` tells the editor what it is: ".json". Throws Error{no_space} or Error{permission_denied}.
    explicit EditedFile(std::string suffix);
    ~EditedFile();
    EditedFile(const EditedFile&) = delete;
    EditedFile& operator=(const EditedFile&) = delete;

    /// Puts the text into the file, lets the user edit it, and gives what is there then. Throws Error{cancelled} when
    /// the editor ends with a failure, and Error{invalid_argument} when it cannot be started.
    std::string edit(const std::string& text);

    const std::string& path() const noexcept { return path_; }
    /// Leaves the file where it is.
    void keep() noexcept { kept_ = true; }

  private:
    std::string path_;
    bool kept_ = false;
};

}  // namespace fairlead::cli
