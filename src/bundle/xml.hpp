#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::bundle {

/// An element of an XML document.
struct XmlElement {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text;  ///< what stands in it directly
    std::vector<std::unique_ptr<XmlElement>> children;

    const XmlElement* child(std::string_view wanted) const noexcept;
    /// The text of a child, without blanks around it; empty when there is none.
    std::string text_of(std::string_view wanted) const;
};

/// The document's root. Document type definitions, and so entities that grow or that read files, are refused,
/// as are more than 64 levels or a million elements. Throws Error{invalid_argument} naming the line.
std::unique_ptr<XmlElement> read_xml(std::string_view text, std::string_view what);

}  // namespace fairlead::bundle
