// Helpers that several kinds of test share stand in this folder.
