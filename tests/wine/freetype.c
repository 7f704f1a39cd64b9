/* libfreetype.so.6 for Wine 8, which cannot be started: Wine then has no fonts, and no program needs the time to look for them.
 *
 * The names are those that Wine's win32u.so wants to find; where one is missing, or the whole library, it writes so to the stderr of
 * every program. No function but the first is ever called. */
#define MISSING(name) int name(void) { return 1; }

/* 1 is not 0, which is success. */
MISSING(FT_Init_FreeType)

MISSING(FT_Done_Face)
MISSING(FT_Get_Char_Index)
MISSING(FT_Get_First_Char)
MISSING(FT_Get_Next_Char)
MISSING(FT_Get_Sfnt_Name)
MISSING(FT_Get_Sfnt_Name_Count)
MISSING(FT_Get_Sfnt_Table)
MISSING(FT_Get_TrueType_Engine_Type)
MISSING(FT_Get_WinFNT_Header)
MISSING(FT_Library_SetLcdFilter)
MISSING(FT_Library_Version)
MISSING(FT_Load_Glyph)
MISSING(FT_Load_Sfnt_Table)
MISSING(FT_Matrix_Multiply)
MISSING(FT_MulDiv)
MISSING(FT_MulFix)
MISSING(FT_New_Face)
MISSING(FT_New_Memory_Face)
MISSING(FT_Outline_Embolden)
MISSING(FT_Outline_Get_Bitmap)
MISSING(FT_Outline_Get_CBox)
MISSING(FT_Outline_Transform)
MISSING(FT_Outline_Translate)
MISSING(FT_Property_Set)
MISSING(FT_Render_Glyph)
MISSING(FT_Set_Charmap)
MISSING(FT_Set_Pixel_Sizes)
MISSING(FT_Vector_Length)
MISSING(FT_Vector_Transform)
MISSING(FT_Vector_Unit)
