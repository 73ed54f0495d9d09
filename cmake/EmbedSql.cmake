# Writes OUTPUT, a C++ file with the migrations of FOLDER in the order of their names, as the function `migrations`
# of the namespace fairlead::store::ENGINE (src/store/ENGINE/migrations.hpp). Run as a script:
#   cmake -DENGINE=... -DFOLDER=... -DOUTPUT=... -P EmbedSql.cmake

file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(text "#include \"store/${ENGINE}/migrations.hpp\"\n\nnamespace fairlead::store::${ENGINE} {\n\n")
string(APPEND text "const std::vector<Migration>& migrations() {\n    static const std::vector<Migration> all{\n")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" number "${name}")
  math(EXPR number "${number}")
  file(READ "${file}" sql)
  string(APPEND text "        {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
string(APPEND text "    };\n    return all;\n}\n\n}  // namespace fairlead::store::${ENGINE}\n")
file(WRITE "${OUTPUT}" "${text}")
