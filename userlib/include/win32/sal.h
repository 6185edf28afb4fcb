/* SPDX-License-Identifier: MIT */
/*
 * Annotations for a static checker that exists only for Windows: here all are empty.
 * Part of libicmpecho-win32; see icmpapi.h.
 */
#ifndef ICMPECHO_SAL_H
#define ICMPECHO_SAL_H

/* Of a parameter */
#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_range_(...)
#define _In_reads_(...)
#define _In_reads_opt_(...)
#define _In_reads_z_(...)
#define _In_reads_opt_z_(...)
#define _In_reads_or_z_(...)
#define _In_reads_to_ptr_(...)
#define _In_reads_bytes_(...)
#define _In_reads_bytes_opt_(...)
#define _Out_
#define _Out_opt_
#define _Out_range_(...)
#define _Out_writes_(...)
#define _Out_writes_opt_(...)
#define _Out_writes_z_(...)
#define _Out_writes_opt_z_(...)
#define _Out_writes_all_(...)
#define _Out_writes_all_opt_(...)
#define _Out_writes_to_(...)
#define _Out_writes_to_opt_(...)
#define _Out_writes_to_ptr_(...)
#define _Out_writes_bytes_(...)
#define _Out_writes_bytes_opt_(...)
#define _Out_writes_bytes_all_(...)
#define _Out_writes_bytes_all_opt_(...)
#define _Out_writes_bytes_to_(...)
#define _Out_writes_bytes_to_opt_(...)
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Inout_updates_(...)
#define _Inout_updates_opt_(...)
#define _Inout_updates_z_(...)
#define _Inout_updates_opt_z_(...)
#define _Inout_updates_all_(...)
#define _Inout_updates_to_(...)
#define _Inout_updates_bytes_(...)
#define _Inout_updates_bytes_opt_(...)
#define _Inout_updates_bytes_all_(...)
#define _Inout_updates_bytes_to_(...)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_z_
#define _Outptr_opt_result_z_
#define _Outptr_result_maybenull_
#define _Outptr_result_maybenull_z_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_nullonfailure_
#define _Outptr_opt_result_nullonfailure_
#define _Outptr_result_buffer_(...)
#define _Outptr_result_buffer_maybenull_(...)
#define _Outptr_result_bytebuffer_(...)
#define _Outptr_result_bytebuffer_maybenull_(...)
#define _COM_Outptr_
#define _COM_Outptr_opt_
#define _COM_Outptr_result_maybenull_
#define _Outref_
#define _Outref_result_maybenull_
#define _Reserved_
#define _Const_
#define _Printf_format_string_
#define _Printf_format_string_params_(...)
#define _Scanf_format_string_
#define _Scanf_s_format_string_
#define _Interlocked_operand_
#define _Points_to_data_
#define _Literal_
#define _Notliteral_
#define _Notnull_
#define _Maybenull_
#define _Null_
#define _Valid_
#define _Notvalid_
#define _Maybevalid_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Readable_bytes_(...)
#define _Readable_elements_(...)
#define _Writable_bytes_(...)
#define _Writable_elements_(...)

/* Of a function */
#define _Ret_z_
#define _Ret_maybenull_
#define _Ret_maybenull_z_
#define _Ret_notnull_
#define _Ret_null_
#define _Ret_valid_
#define _Ret_range_(...)
#define _Ret_writes_(...)
#define _Ret_writes_z_(...)
#define _Ret_writes_to_(...)
#define _Ret_writes_maybenull_(...)
#define _Ret_writes_bytes_(...)
#define _Ret_writes_bytes_to_(...)
#define _Ret_writes_bytes_maybenull_(...)
#define _Check_return_
#define _Check_return_opt_
#define _Must_inspect_result_
#define _Use_decl_annotations_
#define _Function_class_(...)
#define _Success_(...)
#define _On_failure_(...)
#define _Return_type_success_(...)
#define _Always_(...)
#define _When_(...)
#define _At_(...)
#define _At_buffer_(...)
#define _Group_(...)
#define _Raises_SEH_exception_
#define _Maybe_raises_SEH_exception_

/* What holds before and after */
#define _Pre_
#define _Pre_z_
#define _Pre_null_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Pre_valid_
#define _Pre_invalid_
#define _Pre_opt_valid_
#define _Pre_unknown_
#define _Pre_satisfies_(...)
#define _Pre_equal_to_(...)
#define _Pre_readable_size_(...)
#define _Pre_writable_size_(...)
#define _Pre_readable_byte_size_(...)
#define _Pre_writable_byte_size_(...)
#define _Post_
#define _Post_z_
#define _Post_null_
#define _Post_notnull_
#define _Post_maybenull_
#define _Post_valid_
#define _Post_invalid_
#define _Post_ptr_invalid_
#define _Post_satisfies_(...)
#define _Post_equal_to_(...)
#define _Post_readable_size_(...)
#define _Post_writable_size_(...)
#define _Post_readable_byte_size_(...)
#define _Post_writable_byte_size_(...)
#define _Post_equals_last_error_
#define _Prepost_z_
#define _Prepost_valid_
#define _Prepost_opt_valid_
#define _Deref_pre_
#define _Deref_pre_z_
#define _Deref_post_
#define _Deref_post_z_
#define _Deref_post_notnull_
#define _Deref_post_maybenull_
#define _Deref_prepost_z_
#define _Deref_in_range_(...)
#define _Deref_out_
#define _Deref_out_opt_
#define _Deref_out_range_(...)
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Old_(value)	value
#define _Analysis_assume_(...)		((void)0)
#define _Analysis_assume_nullterminated_(...)	((void)0)
#define __analysis_assume(...)		((void)0)
#define _Analysis_noreturn_

/* Of a structure */
#define _Struct_size_bytes_(...)
#define _Field_range_(...)
#define _Field_z_
#define _Field_size_(...)
#define _Field_size_opt_(...)
#define _Field_size_full_(...)
#define _Field_size_part_(...)
#define _Field_size_bytes_(...)
#define _Field_size_bytes_opt_(...)
#define _Field_size_bytes_full_(...)
#define _Field_size_bytes_part_(...)

/* Of locks */
#define _Guarded_by_(...)
#define _Write_guarded_by_(...)
#define _Acquires_lock_(...)
#define _Acquires_exclusive_lock_(...)
#define _Acquires_shared_lock_(...)
#define _Releases_lock_(...)
#define _Releases_exclusive_lock_(...)
#define _Releases_shared_lock_(...)
#define _Requires_lock_held_(...)
#define _Requires_exclusive_lock_held_(...)
#define _Requires_shared_lock_held_(...)
#define _Requires_lock_not_held_(...)
#define _Requires_no_locks_held_
#define _Has_lock_kind_(...)
#define _Has_lock_level_(...)

/*
 * Older annotations. The headers of the C++ library use three of these names for
 * parameters, so C++ does not get them.
 */
#ifndef __cplusplus
#define __in
#define __out
#define __inout
#endif
#define __in_opt
#define __in_z
#define __in_z_opt
#define __in_ecount(...)
#define __in_ecount_opt(...)
#define __in_bcount(...)
#define __in_bcount_opt(...)
#define __in_range(...)
#define __out_opt
#define __out_ecount(...)
#define __out_ecount_opt(...)
#define __out_ecount_z(...)
#define __out_ecount_part(...)
#define __out_ecount_full(...)
#define __out_bcount(...)
#define __out_bcount_opt(...)
#define __out_bcount_part(...)
#define __out_bcount_full(...)
#define __inout_opt
#define __inout_z
#define __inout_ecount(...)
#define __inout_ecount_opt(...)
#define __inout_bcount(...)
#define __inout_bcount_opt(...)
#define __deref_in
#define __deref_in_opt
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_inout
#define __deref_out_ecount(...)
#define __deref_out_bcount(...)
#define __checkReturn
#define __success(...)
#define __nullterminated
#define __callback
#define __format_string

#endif /* ICMPECHO_SAL_H */
